"""Model files of ONNX, run by ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np

from jackfield import PluginError

from ._network import CLASSES, VALUES, Rows, no_yamnet


class Onnx:
    """A graph and its session, on one thread."""

    def __init__(self, content: bytes) -> None:
        self._session = session = _session(content)
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            raise no_yamnet(f"it has {len(inputs)} inputs, the first of {inputs[0].type if inputs else 'nothing'}")
        self._input = inputs[0].name
        # a size that may change is None or has a name
        self.shape = tuple(size if isinstance(size, int) else -1 for size in inputs[0].shape)
        self._scores, self._embedding = _last_axis(outputs, CLASSES), _last_axis(outputs, VALUES)
        if self._scores is None:
            raise no_yamnet(f"no output has {CLASSES} classes")

    def run(self, values: np.ndarray) -> Rows:
        """Scores and embedding of one pass."""
        wanted = [name for name in (self._scores, self._embedding) if name]
        found = self._session.run(wanted, {self._input: values})
        embedding = found[1].reshape(-1, VALUES) if self._embedding else None
        return found[0].reshape(-1, CLASSES), embedding


def _session(content: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        remedy = "pip install 'jackfield-yamnet[onnx]'"
        raise PluginError("models other than TFLite need onnxruntime", str(error), remedy) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors come as exceptions
    # 8-bit weights become floats once, when the model is opened, not at every run: two to three times as fast
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no public base
        raise PluginError("the model file is broken", str(error).strip().splitlines()[0], "fetch it again") from None


def _last_axis(outputs: list[Any], size: int) -> str | None:
    return next((o.name for o in outputs if len(o.shape) > 1 and o.shape[-1] == size), None)
