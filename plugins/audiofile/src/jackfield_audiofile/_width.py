"""Does a WAV header say what its samples are?

Two things tell. Roughness, mean((x[k + 1] − x[k])²) / (2 · variance), is near 0 for slow sounds, 1 for white noise, 2
for a tone at half the rate: bytes read in the wrong way are rougher than in the right one. And the low byte of 16-bit
samples is noise (every value alike often, no memory) or constant, its high byte is neither, while two neighbouring
samples of 8 bits are alike. The second holds for bright and noisy sounds too, where the first says nothing.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from ._riff import PCM, Riff

# bytes looked at, from the loudest stretch, and how few say nothing
LOOKED_AT, LEAST = 1 << 18, 512
# what a reading must gain in smoothness to be believed, and what is smooth by itself
SMOOTHER, SMOOTH = 0.5, 0.4
# white noise of so few samples strays this far from 1; entropy of bytes in bits: of noise 8, of sound less
WHITE, NOISE_BITS, FEWER_BITS = 0.1, 7.5, 0.5
# roughness of bytes without any smoothness; histograms of one kind of bytes differ by less of their mass
ROUGH, APART = 0.6, 0.2
SLOWEST_HZ = 1000


def doubts(file: BinaryIO, riff: Riff) -> tuple[str, ...]:
    """What about a PCM WAV file looks wrong, each in one line with its evidence."""
    found = []
    if riff.rate < SLOWEST_HZ:
        found.append(f"a rate of {riff.rate} Hz, which players refuse: to hold a value longer, write it many times")
    width = riff.frame_bytes // riff.channels if riff.frame_bytes else 0
    if riff.tag == PCM and width in (1, 2):
        data = _loudest(file, riff)
        found.append(_rail(data) if width == 1 else "")
        if data.size >= LEAST and not any(found[1:] or found):
            found.append(_eight(data, riff.channels) if width == 1 else _sixteen(data, riff.channels))
    return tuple(filter(None, found))


def _loudest(file: BinaryIO, riff: Riff) -> np.ndarray:
    """Bytes of the stretch that varies most; an even number of frames, so that it divides at either width."""
    unit = 2 * riff.frame_bytes
    size = min(LOOKED_AT, riff.data_bytes) // unit * unit
    best, most = np.zeros(0, np.uint8), -1.0
    for start in sorted({(riff.data_bytes - size) * k // 8 // unit * unit for k in range(9)}):
        file.seek(riff.data_start + start)
        part = np.frombuffer(file.read(size), np.uint8)
        if part.size and (spread := float(part.var())) > most:
            best, most = part, spread
    return best


def _rail(data: np.ndarray) -> str:
    """Small numbers packed as 16 bits into an 8-bit file: every second byte is a sign extension, 0 or 255."""
    high, low = data[1::2], data[0::2]
    if data.size < 8 or not np.isin(high, (0, 255)).all() or np.isin(low, (0, 255)).all():
        return ""
    return (
        f"every second sample is at a rail ({high.size} of {data.size} frames): numbers of 16 bits written as samples "
        "of 8, twice as many frames as values; write one byte per value, 128 being silence"
    )


def _eight(data: np.ndarray, channels: int) -> str:
    """What 8-bit samples really are, if something else."""
    low, _ = _natures(data, channels)
    if low is not None:
        found = ("<i2", 0) if low == 0 else _smoother(data, channels, (">i2", 0), ("<i2", 1))
        numbers = _roughnesses(data, channels, ("u1", 0), found)
        return f"even and odd byte streams differ: 16-bit data read as 8-bit, {NAMES[found]} ({numbers})"
    return _sign(data, channels, ("u1", 0), ("i1", 0))


def _sixteen(data: np.ndarray, channels: int) -> str:
    """What 16-bit samples really are, if something else."""
    low, alike = _natures(data, channels)
    if low == 1:
        found = _smoother(data, channels, (">i2", 0), ("<i2", 1))
        numbers = _roughnesses(data, channels, ("<i2", 0), found)
        return f"the odd bytes are the low ones: {NAMES[found]} read as {NAMES['<i2', 0]} ({numbers})"
    if alike:
        found = _smoother(data, channels, ("u1", 0), ("i1", 0))
        # no low byte is smooth: it turns over again and again
        if roughness(_frames(data, found, channels)) <= SMOOTH:
            numbers = _roughnesses(data, channels, ("<i2", 0), found)
            return f"even and odd bytes are alike: 8-bit data read as 16-bit, {NAMES[found]} ({numbers})"
    return _sign(data, channels, ("<i2", 0), ("<u2", 0))


def _natures(data: np.ndarray, channels: int) -> tuple[int | None, bool]:
    """Which of the even (0) and odd (1) bytes are low bytes of 16-bit samples, if any; whether both are of one kind."""
    streams = [np.ascontiguousarray(data[k::2]) for k in (0, 1)]
    shares = [np.bincount(s, minlength=256) / s.size for s in streams]
    bits = [_entropy(share) for share in shares]
    rough = [roughness(_frames(s, ("i1", 0), channels)) for s in streams]
    apart = float(np.abs(shares[0] - shares[1]).sum()) / 2
    for low, high in ((0, 1), (1, 0)):
        noise = bits[low] > NOISE_BITS and abs(rough[low] - 1) < WHITE and bits[high] < bits[low] - FEWER_BITS
        constant = bits[low] == 0 and bits[high] > 1
        # sounds that do not fill their 16 bits leave a pattern in the low bytes, but no smoothness
        rougher = rough[low] > ROUGH and rough[high] <= SMOOTHER * rough[low] and apart > APART
        if noise or constant or rougher:
            return low, False
    return None, apart < APART and min(bits) > 1


def _entropy(share: np.ndarray) -> float:
    """Of values with these shares, in bits."""
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


def _sign(data: np.ndarray, channels: int, declared: Reading, other: Reading) -> str:
    """Sound lies around its middle and passes it smoothly; with the sign misread it lies at the ends and jumps."""
    x, y = (_frames(data, r, channels) for r in (declared, other))
    if np.median(np.abs(y)) >= np.median(np.abs(x)) or not roughness(y) <= SMOOTHER * roughness(x):
        return ""
    return f"{NAMES[other]} data read as {NAMES[declared]} ({_roughnesses(data, channels, declared, other)})"


# dtype and first byte
Reading = tuple[str, int]
NAMES = {
    ("u1", 0): "8-bit unsigned",
    ("i1", 0): "8-bit signed",
    ("<i2", 0): "16-bit little-endian",
    (">i2", 0): "16-bit big-endian",
    ("<i2", 1): "16-bit little-endian from the second byte on",
    ("<u2", 0): "16-bit unsigned",
}


def _frames(data: np.ndarray, reading: Reading, channels: int) -> np.ndarray:
    """(frames, channels) float64 around 0."""
    dtype, offset = np.dtype(reading[0]), reading[1]
    unit = dtype.itemsize * channels
    values = data[offset : offset + (data.size - offset) // unit * unit].view(dtype).astype(np.float64)
    return values.reshape(-1, channels) - (1 << (8 * dtype.itemsize - 1) if dtype.kind == "u" else 0)


def roughness(x: np.ndarray) -> float:
    """Of (frames, channels) values; 0 where nothing varies."""
    spread = 2 * x.var(axis=0).sum()
    return float((np.diff(x, axis=0) ** 2).mean(axis=0).sum() / spread) if spread else 0.0


def _smoother(data: np.ndarray, channels: int, a: Reading, b: Reading) -> Reading:
    return min(a, b, key=lambda reading: roughness(_frames(data, reading, channels)))


def _roughnesses(data: np.ndarray, channels: int, declared: Reading, found: Reading) -> str:
    was, now = (roughness(_frames(data, r, channels)) for r in (declared, found))
    return f"roughness {was:.2f} as declared, {now:.2f} so"
