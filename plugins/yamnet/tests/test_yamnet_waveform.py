"""Networks that take a waveform of any length, and graphs that are no YAMNet: small ones, made here."""

import hashlib

import numpy as np
import pytest
from jackfield_yamnet import Yamnet
from jackfield_yamnet._network import Network, opened

from jackfield import PluginError, Signal


class Builder:
    """A TFLite graph, tensor by tensor."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated

        self.schema = schema_py_generated
        self.tensors, self.operators = [], []
        self.buffers = [self.schema.BufferT()]

    def tensor(self, name: str, *shape: int) -> int:
        """−1 is any size."""
        made = self.schema.TensorT()
        made.name, made.type, made.buffer = name, self.schema.TensorType.FLOAT32, 0
        made.shape, made.shapeSignature = [max(size, 1) for size in shape], list(shape)
        self.tensors.append(made)
        return len(self.tensors) - 1

    def constant(self, values: list[int]) -> int:
        index = self.tensor(f"constant {len(self.tensors)}", len(values))
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(np.array(values, np.int32).tobytes(), np.uint8)
        self.buffers.append(buffer)
        self.tensors[index].type, self.tensors[index].buffer = self.schema.TensorType.INT32, len(self.buffers) - 1
        return index

    def cut(self, x: int, y: int, begin: list[int], end: list[int], whole: int = 1) -> None:
        """y = x[begin:end]; `whole` is the mask of axes whose end is left open."""
        options = self.schema.StridedSliceOptionsT()
        options.endMask = whole
        inputs = [x, *map(self.constant, (begin, end, [1] * len(begin)))]
        self._operator(0, inputs, y, options, self.schema.BuiltinOptions.StridedSliceOptions)

    def reshape(self, x: int, y: int, shape: list[int]) -> None:
        options = self.schema.ReshapeOptionsT()
        options.newShape = shape
        self._operator(1, [x, self.constant(shape)], y, options, self.schema.BuiltinOptions.ReshapeOptions)

    def _operator(self, code: int, inputs: list[int], output: int, options: object, kind: int) -> None:
        made = self.schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, [output]
        made.builtinOptions, made.builtinOptionsType = options, kind
        self.operators.append(made)

    def file(self, inputs: list[int], outputs: list[int]) -> bytes:
        import flatbuffers

        graph, model = self.schema.SubGraphT(), self.schema.ModelT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = self.tensors, self.operators, inputs, outputs
        model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], self.buffers, []
        for code in (self.schema.BuiltinOperator.STRIDED_SLICE, self.schema.BuiltinOperator.RESHAPE):
            made = self.schema.OperatorCodeT()
            made.builtinCode, made.deprecatedBuiltinCode, made.version = code, code, 1
            model.operatorCodes.append(made)
        builder = flatbuffers.Builder(4096)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def network(step: int = 7680, classes: int = 521, embedding: bool = True) -> bytes:
    """Row k is made of the samples from 7,680 k + 7,920 on: with what TF-Hub's float file takes and gives."""
    b = Builder()
    wave, end, rows = b.tensor("waveform", -1), b.tensor("end", -1), b.tensor("rows", -1, step)
    scores, values = b.tensor("scores", -1, classes), b.tensor("embeddings", -1, 1024 if embedding else 1000)
    b.cut(wave, end, [7920], [0])
    b.reshape(end, rows, [-1, step])
    b.cut(rows, scores, [0, 0], [0, classes])
    b.cut(rows, values, [0, 0], [0, b.tensors[values].shape[1]])
    return b.file([wave], [scores, values])


def taken(content: bytes) -> Network:
    return opened(content, hashlib.sha256(content).hexdigest())


def test_a_waveform_of_any_length():
    model = taken(network())
    assert (model.kind, model.batch) == ("waveform", 16)
    x = np.arange(15_600 + 36 * 7680, dtype=np.float32)
    for count in (37, 1, 16, 17, 2):  # whole batches, and rests of any size, in any order
        scores, embedding = model.rows(x, count)
        assert (scores.shape, embedding.shape) == ((count, 521), (count, 1024))
        np.testing.assert_array_equal(scores[:, 0], 7920 + 7680 * np.arange(count))
        np.testing.assert_array_equal(embedding[-1], scores[-1, 0] + np.arange(1024))


def test_a_clip_is_padded_to_whole_patches(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(network())
    ones = Signal(samples=np.ones(15_600 + 100, np.float32), rate=16_000)
    values = Yamnet(model=str(path))(ones).values
    assert values.shape == (2, 1024)
    assert values[1].tolist() == [1.0] * 100 + [0.0] * 924


def test_a_model_without_embedding_gives_scores_alone(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(network(embedding=False))
    clip = Signal(samples=np.ones(16_000, np.float32), rate=16_000)
    assert Yamnet(model=str(path), values="scores")(clip).values.shape == (2, 521)
    with pytest.raises(PluginError, match=r'holds no embedding.*values="scores"'):
        Yamnet(model=str(path))(clip)


def test_what_is_no_yamnet_is_refused():
    with pytest.raises(PluginError, match="no output has 521 classes"):
        taken(network(classes=527))
    with pytest.raises(PluginError, match="32 rows for 16 patches"):
        taken(network(step=3840)).rows(np.zeros(300_000, np.float32), 20)
    b = Builder()
    image, flat, scores = b.tensor("image", 1, 30, 521), b.tensor("flat", 30, 521), b.tensor("scores", 1, 521)
    b.reshape(image, flat, [30, 521])
    b.cut(flat, scores, [0, 0], [1, 521], whole=0)
    with pytest.raises(PluginError, match=r"its input is \(1, 30, 521\), not 15600 samples"):
        taken(b.file([image], [scores]))
