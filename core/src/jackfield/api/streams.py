"""Signals that come in blocks: from files too long for memory, or as they are recorded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..data import Signal
from ..errors import ConfigError, DataError
from ..planning._inputs import source_of
from ..registry import registry


def blocks(
    path: str | os.PathLike[str],
    *,
    size: int = 1 << 18,
    start: int = 0,
    stop: int | None = None,
    reader: str | None = None,
) -> Iterator[Signal]:
    """A file as consecutive Signals of `size` samples per channel; the last one may be shorter.

    size : 262,144 samples are five seconds at 48 kHz: few calls, and 1 MiB per channel
    start, stop : segment in samples at the file's own rate
    reader : name of a reader, in place of the one that takes the suffix

    A reader without blocks of its own reads the whole file first. Raises ConfigError for a size below 1, DataError
    where the file cannot be read.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigError("a block has at least one sample", f"got size {size!r}")
    source = replace(source_of(os.fspath(path)), start=start, stop=stop)
    name = reader or registry().reader_for(source.path).full_name
    component = registry().build(name, {}, ("reader",))
    return component.blocks(source, size) if hasattr(component, "blocks") else _cut(component(source), size)


def _cut(item: Any, size: int) -> Iterator[Signal]:
    if not isinstance(item, Signal):
        raise DataError("only sound comes in blocks", f"the reader gives {type(item).__name__}")
    for first in range(0, item.n, size):
        yield replace(item, samples=item.samples[:, first : first + size], start=item.start + first)


def stream(component: Any, blocks: Iterable[Signal]) -> Iterator[Any]:
    """What `component` makes of a signal that comes in blocks, part by part, as soon as each part is known.

    component : one that has `stream` (`jackfield.hookspecs.Hooks.jackfield_transforms` says how it works)
    blocks : consecutive Signals of one rate and number of channels, of any lengths

    The parts put together along time are what the component gives for the whole signal; frames of Grids and Features
    lie where they do in it, sample 0 being the first one that came. Raises ConfigError at once where the component
    cannot stream, DataError where no block comes or a block does not go with those before it.

    >>> import numpy as np
    >>> from jackfield import Component
    >>> class Twice(Component):
    ...     def stream(self, rate, channels):
    ...         return self
    ...     def push(self, block):
    ...         return block.replace(samples=2 * block.samples, note="twice")
    ...     def finish(self):
    ...         return None
    >>> halves = [Signal(samples=np.full(3, k, np.float32), rate=8, start=3 * k) for k in (1, 2)]
    >>> [part.samples.tolist() for part in stream(Twice(), halves)]
    [[[2.0, 2.0, 2.0]], [[4.0, 4.0, 4.0]]]
    """
    if not hasattr(component, "stream"):
        name = component.__name__ if isinstance(component, type) else type(component).__name__
        raise ConfigError(f"{name} cannot stream", "it has no stream()", "call it on the whole signal")
    return _parts(component, iter(blocks))


def _parts(component: Any, blocks: Iterator[Any]) -> Iterator[Any]:
    worker, kind = None, (0.0, 0)
    for block in blocks:
        if not isinstance(block, Signal):
            remedy = "use jackfield.Signal(samples=…, rate=…)"
            raise DataError("a block must be a Signal", f"got {type(block).__name__}", remedy)
        if worker is None:
            if component.channels == "one" and block.channels != 1:
                evidence = f"got {block.channels}"
                raise DataError(f"{type(component).__name__} takes one channel", evidence, "mix the blocks first")
            kind = block.rate, block.channels
            worker = component.stream(*kind)
        elif (block.rate, block.channels) != kind:
            evidence = f"{block.rate:g} Hz × {block.channels} after {kind[0]:g} Hz × {kind[1]}"
            raise DataError("a block differs from those before it", evidence, "start a stream per recording")
        if (part := worker.push(block)) is not None:
            yield part
    if worker is None:
        raise DataError("nothing to stream", "no block came")
    if (part := worker.finish()) is not None:
        yield part
