"""A signal as a sum of parts, and the proof that they add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, DataError
from ._arrays import Record, frozen
from ._signal import Origin

if TYPE_CHECKING:
    import numpy as np

COLUMNS = ("frequency", "amplitude", "phase", "energy")
ARRAYS_LIMIT = 1 << 30  # bytes of component arrays that are held at once without being asked for
PROOF_LIMIT = 20_000_000_000  # values; adding up so many takes a minute


@dataclass(frozen=True)
class Proof:
    """What the component arrays, as delivered, add up to.

    error : largest |sum − input|
    bound : largest error that rounding in the arrays' own precision explains
    relative : error over the largest |input|
    """

    error: float
    bound: float
    relative: float

    @property
    def holds(self) -> bool:
        """Whether rounding explains the error."""
        return self.error <= self.bound


@dataclass(frozen=True, eq=False, repr=False)
class Stack(Record):
    """Components that are there already: (components, *shape)."""

    values: np.ndarray

    def __call__(self, k: int) -> np.ndarray:
        part: np.ndarray = self.values[k]
        return part


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Decomposition(Record):
    """An array as a sum of components shaped like it, each made when asked for.

    Iterating gives every component and, where something is left, the residual last: together they add up to `original`.
    `len()` counts components alone, the rows of `table`.

    original : what was decomposed, any number of axes
    columns : the table, or a function that makes it
    component : function k → component k, shaped like `original`
    residual : what the components leave, or None where nothing is left
    together : function of an index array → sum of those components; left out, they are added one by one
    count : number of components, where `columns` is a function that need not be called to know it
    axis : along which it was decomposed; the other axes are lanes, each with its own amplitude and phase
    rate : samples per second, of which `frequency` is in Hz; 1 makes that cycles per sample

    >>> import numpy as np
    >>> x = np.array([3.0, 5.0, 1.0, 5.0])
    >>> whole = Decomposition.of(x, [np.full(4, 3.5), np.array([-1.0, 1.0, -1.0, 1.0])])
    >>> whole.table["energy"].tolist(), whole.residual.tolist(), whole.proof.holds
    ([49.0, 4.0], [0.5, 0.5, -1.5, 0.5], True)
    """

    original: np.ndarray
    columns: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]]
    component: Callable[[int], np.ndarray]
    residual: np.ndarray | None = None
    together: Callable[[np.ndarray], np.ndarray] | None = None
    count: int | None = None
    axis: int = -1
    rate: float = 1.0
    source: Origin | None = None
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        original = frozen(self.original, what="Decomposition.original")
        residual = None if self.residual is None else frozen(self.residual, what="residual")
        if residual is not None and residual.shape != original.shape:
            raise DataError("the residual must be shaped like the input", f"{residual.shape}, input {original.shape}")
        _check_place(original.ndim, self.axis, self.rate)
        self._set(original=original, residual=residual, history=tuple(self.history))
        if not callable(self.columns):
            self._set(table=_checked(self.columns))

    @classmethod
    def of(cls, original: np.ndarray, parts: Sequence[np.ndarray], *, axis: int = -1, **about: Any) -> Decomposition:
        """A decomposition of `original` from finished parts; the residual is what they leave.

        Their rows say: mean frequency (of the power spectrum, in Hz by `rate`), amplitude of a sinusoid of the same
        power, no phase (NaN), energy.
        """
        import numpy as np

        original = frozen(original, what="Decomposition.original")
        _check_place(original.ndim, axis, about.get("rate", 1.0))
        arrays = [np.asarray(part) for part in parts]
        if wrong := [array.shape for array in arrays if array.shape != original.shape]:
            raise DataError("parts must be shaped like the input", f"{wrong[0]}, input {original.shape}")
        values = np.stack(arrays) if arrays else np.zeros((0, *original.shape))
        moved = np.moveaxis(values, axis if axis < 0 else axis + 1, -1).astype(np.result_type(values, np.float64))
        power = np.abs(np.fft.fft(moved)) ** 2
        power = power.sum(axis=tuple(range(1, power.ndim - 1)))
        hertz = np.abs(np.fft.fftfreq(power.shape[-1])) * about.get("rate", 1.0)
        square = np.abs(moved) ** 2
        columns = {
            "frequency": power @ hertz / np.maximum(power.sum(axis=-1), np.finfo(np.float64).tiny),
            "amplitude": np.sqrt((1 if np.iscomplexobj(values) else 2) * square.mean(axis=-1)),
            "phase": np.full(square.shape[:-1], np.nan),
            "energy": square.sum(axis=tuple(range(1, square.ndim))),
        }
        residual = (original - values.sum(axis=0, dtype=moved.dtype)).astype(original.dtype)
        stack = Stack(frozen(values))
        return cls(original=original, columns=columns, component=stack, residual=residual, axis=axis, **about)

    @cached_property
    def table(self) -> dict[str, np.ndarray]:
        """`frequency`, `amplitude`, `phase` of the cosine at sample 0, `energy`; a row per component.

        frequency and energy are (components,); amplitude and phase (components, *lanes), one per lane. `energy` is the
        sum of squares over all lanes.
        """
        assert callable(self.columns)
        return _checked(self.columns())

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input, and of every component."""
        return self.original.shape

    @property
    def nbytes(self) -> int:
        """Bytes that all components together would fill."""
        return len(self) * self.original.nbytes

    def __len__(self) -> int:
        return int(self.table["energy"].size) if self.count is None else self.count

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from (self.component(k) for k in range(len(self)))
        if self.residual is not None:
            yield self.residual

    def components(
        self,
        *,
        top: int | None = None,
        energy: float | None = None,
        bands: Iterable[tuple[float, float]] | None = None,
    ) -> Decomposition:
        """Some of the components, and all others as the residual, so that the sum stays exact.

        top : so many, strongest first
        energy : as few of the strongest as hold this share of all energy, in (0, 1]
        bands : one component per (low, high), which adds up those with low ≤ |frequency| < high; a band that ends at
            half the rate includes it

        Raises ConfigError unless one of them is given, and for bands that overlap.
        """
        import numpy as np

        if sum(choice is not None for choice in (top, energy, bands)) != 1:
            raise ConfigError("choose components by one of top, energy and bands", remedy="iterate to get them all")
        if bands is not None:
            return self._banded([self._within(*band) for band in _disjoint(bands)])
        strength = self.table["energy"]
        order = np.argsort(-strength, kind="stable")
        if top is None:
            if energy is None or not _is(Real, energy) or not 0 < energy <= 1:
                raise ConfigError("energy must be a share in (0, 1]", f"got {energy!r}", "0.99 keeps 99 %")
            reached = np.cumsum(strength[order])
            # Rounding may leave the sum just under the share of the whole.
            top = int(np.searchsorted(reached, energy * reached[-1] * (1 - 1e-12))) + 1 if len(self) else 1
        if not _is(Integral, top) or top < 1:
            raise ConfigError("top must be an integer, 1 or more", f"got {top!r}")
        chosen = order[:top]
        return replace(
            self,
            columns={name: column[chosen] for name, column in self.table.items()},
            component=lambda k: self.component(int(chosen[k])),
            residual=self._rest(chosen),
            count=chosen.size,
            together=None if self.together is None else lambda k: self._added(chosen[k]),
        )

    def _within(self, low: float, high: float) -> np.ndarray:
        import numpy as np

        hertz = np.abs(self.table["frequency"])
        return np.flatnonzero((hertz >= low) & ((hertz < high) | (high >= self.rate / 2)))

    def _banded(self, members: list[np.ndarray]) -> Decomposition:
        import numpy as np

        def columns() -> dict[str, np.ndarray]:
            table = Decomposition.of(self.original, [self._added(m) for m in members], axis=self.axis).table
            weights = [self.table["energy"][m] for m in members]
            hertz = [np.abs(self.table["frequency"][m]) for m in members]
            means = [h @ w / w.sum() if w.sum() else np.nan for h, w in zip(hertz, weights, strict=True)]
            return table | {"frequency": np.array(means, np.float64)}

        every = np.concatenate(members) if members else np.zeros(0, np.int64)
        return replace(
            self,
            columns=columns,
            component=lambda k: self._added(members[k]),
            residual=self._rest(every),
            count=len(members),
            together=lambda k: self._added(np.concatenate([members[j] for j in k]) if len(k) else every[:0]),
        )

    def _rest(self, chosen: np.ndarray) -> np.ndarray:
        import numpy as np

        if self.together is None:
            left: np.ndarray = (self.original - self._added(chosen, wide=True)).astype(self.original.dtype)
            return left
        rest = self.together(np.setdiff1d(np.arange(len(self)), chosen))
        return rest if self.residual is None else rest + self.residual

    def _added(self, chosen: np.ndarray, wide: bool = False) -> np.ndarray:
        """Sum of some components, in the input's precision or in double."""
        import numpy as np

        if self.together is not None:
            return self.together(np.asarray(chosen))
        total = np.zeros(self.shape, np.result_type(self.original, np.float64))
        for k in chosen:
            total += self.component(int(k))
        added: np.ndarray = total if wide else total.astype(self.original.dtype)
        return added

    def sum(self) -> np.ndarray:
        """Components and residual added up, by the fastest way there is; `proof` adds the arrays themselves."""
        import numpy as np

        total = self._added(np.arange(len(self)))
        return total if self.residual is None else total + self.residual

    @cached_property
    def proof(self) -> Proof:
        """Every component array and the residual, added up pairwise in double precision, against the input.

        Takes time in proportion to components × values; DataError where that would be much more than a minute.
        """
        import math

        import numpy as np

        work = (len(self) + 1) * max(1, self.original.size)
        if work > PROOF_LIMIT:
            evidence = f"{len(self)} components of {self.original.size} values, {work:.0e} in all"
            raise DataError("adding up every component would take minutes to hours", evidence, WAY_OUT)
        total, weight = _added_pairwise(iter(self), self.shape, np.result_type(self.original, np.float64))
        error = float(np.max(np.abs(total - self.original), initial=0.0))
        peak = float(np.max(np.abs(self.original), initial=0.0))
        own = float(np.finfo(self.original.dtype).eps) if self.original.dtype.kind in "fc" else 0.0
        double = float(np.finfo(np.float64).eps) * (math.log2(len(self) + 2) + math.log2(self.original.size + 2))
        # 8: rounding of a value, of the two rotations that make it, of its amplitude, of the transform's butterflies
        bound = (8 * own + double) * float(np.max(weight, initial=0.0))
        return Proof(error, bound, error / peak if peak else error)

    def stack(self, limit: int = ARRAYS_LIMIT) -> np.ndarray:
        """All components as one array (components, *shape); DataError if that would take more than `limit` bytes."""
        import numpy as np

        if self.nbytes > limit:
            big, unit = (1e12, "TB") if self.nbytes >= 1e12 else (1e9, "GB")
            evidence = f"{len(self):,} of {self.original.nbytes:,} bytes each, {self.nbytes / big:.3g} {unit}"
            raise DataError("all components at once would not fit into memory", evidence, WAY_OUT)
        if isinstance(self.component, Stack):
            return self.component.values
        out = np.empty((len(self), *self.shape), self.original.dtype)
        for k in range(len(self)):
            out[k] = self.component(k)
        return out

    def held(self) -> Decomposition:
        """The same with its components made, as results are stored; DataError as from `stack`."""
        stack = Stack(frozen(self.stack()))
        return replace(self, columns=self.table, component=stack, together=None)

    def __getstate__(self) -> dict[str, Any]:
        # Functions do not travel; what they would have made does.
        return dict(vars(self.held()))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The table in long form: one row per component and lane, with `component`, `lane` and the share of energy."""
        import numpy as np

        whole = float(self.table["energy"].sum())
        whole += 0.0 if self.residual is None else float(np.sum(np.abs(self.residual.astype(np.complex128)) ** 2))
        count = max(1, len(self))
        amplitude, phase = (self.table[name].reshape(count, -1) for name in ("amplitude", "phase"))
        for k in range(len(self)):
            energy = float(self.table["energy"][k])
            about = {"component": k, "frequency": float(self.table["frequency"][k])}
            for lane in range(amplitude.shape[1]):
                wave = {"lane": lane, "amplitude": float(amplitude[k, lane]), "phase": float(phase[k, lane])}
                yield about | wave | {"energy": energy, "share": energy / whole if whole else 0.0}

    def to_pandas(self) -> Any:
        """`rows()` as a pandas.DataFrame (needs pandas)."""
        import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

        return pandas.DataFrame(list(self.rows()))

    def summary(self) -> dict[str, str]:
        left = "none" if self.residual is None else "last"
        return {"components": str(len(self)), "shape": str(self.shape), "residual": left}


WAY_OUT = (
    "take components(top=10), components(energy=0.99) or components(bands=[…]), or iterate; in a run, give the step "
    "top or energy"
)


def _checked(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    table = {name: frozen(column, what=f"column {name}") for name, column in columns.items()}
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError("a decomposition's table lacks columns", ", ".join(missing))
    if len({column.shape[:1] for column in table.values()}) > 1:
        sizes = {name: column.shape for name, column in table.items()}
        raise DataError("Decomposition.table must have columns of one length", str(sizes))
    return table


def _is(kind: type, value: Any) -> bool:
    return isinstance(value, kind)


def _check_place(ndim: int, axis: Any, rate: Any) -> None:
    """DataError for an axis that is not there, or a rate that is none."""
    if not _is(Integral, axis) or not -ndim <= axis < ndim:
        raise DataError("axis must be one of the input's", f"got {axis!r}, which has {ndim}")
    if not _is(Real, rate) or not 0 < rate < float("inf"):
        raise DataError("rate must be a finite number above 0", f"got {rate!r}")


def _disjoint(bands: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    try:
        pairs = [(float(low), float(high)) for low, high in bands]
    except (TypeError, ValueError):
        raise ConfigError("bands must be pairs (low, high)", f"got {bands!r}", "bands=[(0, 100), (100, 200)]") from None
    for low, high in pairs:
        if not 0 <= low < high:
            raise ConfigError("a band must be (low, high) with 0 ≤ low < high", f"got ({low:g}, {high:g})")
    for (_, high), (low, _) in zip(sorted(pairs), sorted(pairs)[1:], strict=False):
        if low < high:
            raise ConfigError("bands must not overlap", f"one ends at {high:g}, the next begins at {low:g}")
    return pairs


def _added_pairwise(parts: Iterator[np.ndarray], shape: tuple[int, ...], dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sum, and sum of magnitudes, of any number of arrays, with log2 of that many partial sums at a time."""
    import numpy as np

    weight = np.zeros(shape, np.float64)
    partial: list[tuple[int, np.ndarray]] = []
    for part in parts:
        weight += np.abs(part)
        level, total = 0, part.astype(dtype)
        while partial and partial[-1][0] == level:
            total += partial.pop()[1]
            level += 1
        partial.append((level, total))
    total = np.zeros(shape, dtype)
    for _, some in reversed(partial):
        total = total + some
    return total, weight
