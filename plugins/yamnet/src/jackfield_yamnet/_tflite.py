"""Model files of TensorFlow Lite, run by LiteRT."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from jackfield import PluginError

from ._network import CLASSES, VALUES, Rows, no_yamnet

LAST = 1 << 16  # bytes at the end in which the list of classes begins


class Tflite:
    """A graph and its interpreter, on one thread."""

    def __init__(self, content: bytes) -> None:
        _check_end(content)
        self._interpreter = interpreter = _interpreter(content)
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or inputs[0]["dtype"] is not np.float32:
            raise no_yamnet(f"it has {len(inputs)} inputs, the first of {np.dtype(inputs[0]['dtype'])}")
        self._input = inputs[0]["index"]
        # a size that may change reads −1 in the signature, and anything in the shape
        self.shape = tuple(int(size) for size in inputs[0]["shape_signature"])
        self._fed = tuple(int(size) for size in inputs[0]["shape"])
        self._scores = _last_axis(outputs, CLASSES)
        if self._scores is None:
            raise no_yamnet(f"no output has {CLASSES} classes")
        self._embedding = _last_axis(outputs, VALUES)
        if self._embedding is None:
            self._embedding = _pooled(interpreter.get_tensor_details(), self._scores["index"])

    def run(self, values: np.ndarray) -> Rows:
        """Scores and embedding of one pass."""
        if values.shape != self._fed:
            self._interpreter.resize_tensor_input(self._input, values.shape)
            self._interpreter.allocate_tensors()
            self._fed = values.shape
        self._interpreter.set_tensor(self._input, values)
        self._interpreter.invoke()
        embedding = self._embedding and self._read(self._embedding, VALUES)
        return self._read(self._scores, CLASSES), embedding

    def _read(self, tensor: Any, columns: int) -> np.ndarray:
        values = self._interpreter.get_tensor(tensor["index"]).reshape(-1, columns).astype(np.float32)
        scale, zero = tensor["quantization"]
        return (values - np.float32(zero)) * np.float32(scale) if scale else values


def _interpreter(content: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        remedy = "pip install 'jackfield-yamnet[litert]'"
        raise PluginError("TFLite models need ai-edge-litert", str(error), remedy) from None
    try:
        with _silent(), warnings.catch_warnings():
            # that keeping inner tensors costs memory: it is 4 MB here, and the embedding is one of them
            warnings.simplefilter("ignore", UserWarning)
            interpreter = Interpreter(model_content=content, num_threads=1, experimental_preserve_all_tensors=True)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise PluginError("the model file is broken", str(error).strip().splitlines()[0], "fetch it again") from None
    return interpreter


@contextmanager
def _silent() -> Iterator[None]:
    """Keep from the terminal what LiteRT writes to standard error by itself: that it uses XNNPACK."""
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


def _check_end(content: bytes) -> None:
    """The list of classes is a zip archive behind the graph; where that is cut off, LiteRT does not notice."""
    if b"PK\x03\x04" in content[-LAST:] and not zipfile.is_zipfile(io.BytesIO(content)):
        evidence = f"{len(content)} bytes, and its last part is not whole"
        raise PluginError("the model file is cut off", evidence, "fetch it again")


def _last_axis(tensors: list[Any], size: int) -> Any:
    return next((t for t in tensors if len(t["shape"]) > 1 and t["shape"][-1] == size), None)


def _pooled(tensors: list[Any], end: int) -> Any:
    """The last inner tensor before the scores that is 1024 values and no vector of biases, or None."""
    inner = [t for t in tensors if len(t["shape"]) > 1 and t["index"] < end]
    return next((t for t in reversed(inner) if t["shape"][-1] == VALUES and np.prod(t["shape"]) == VALUES), None)
