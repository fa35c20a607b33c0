"""Resizing of images, volumes and long signals against torch.nn.functional.interpolate, on one thread and on two."""

import numpy as np
import torch
from ab import compare

import jackfield

RNG = np.random.default_rng(0)
IMAGE = RNG.random((1, 3, 1080, 1920), dtype=np.float32)
SMALL = RNG.random((1, 3, 270, 480), dtype=np.float32)
VOLUME = RNG.random((1, 4, 64, 128, 128), dtype=np.float32)
CLIPS = RNG.random((64, 1, 480_000), dtype=np.float32)
ODD = (331, 517)

CASES = [
    ("area 1080p to 270 × 480", IMAGE, (270, 480), "area", {}),
    ("area 1080p to 331 × 517", IMAGE, ODD, "area", {}),
    ("area 270 × 480 to 1080p", SMALL, (1080, 1920), "area", {}),
    ("area 64 × 128 × 128 to 32 × 50 × 60", VOLUME, (32, 50, 60), "area", {}),
    ("area 64 × 480,000 to 16,000", CLIPS, (16_000,), "area", {}),
    ("area 64 × 480,000 to 16,001", CLIPS, (16_001,), "area", {}),
    ("bilinear 270 × 480 to 1080p", SMALL, (1080, 1920), "bilinear", {}),
    ("bilinear 1080p to 331 × 517", IMAGE, ODD, "bilinear", {}),
    ("bilinear, aligned corners, to 1080p", SMALL, (1080, 1920), "bilinear", {"align_corners": True}),
    ("bilinear, antialiased, to 331 × 517", IMAGE, ODD, "bilinear", {"antialias": True}),
    ("bicubic 270 × 480 to 1080p", SMALL, (1080, 1920), "bicubic", {}),
    ("bicubic 1080p to 331 × 517", IMAGE, ODD, "bicubic", {}),
    ("bicubic, antialiased, to 331 × 517", IMAGE, ODD, "bicubic", {"antialias": True}),
    ("lanczos 1080p to 331 × 517", IMAGE, ODD, "lanczos", {"antialias": True}),
    ("trilinear to 96 × 100 × 160", VOLUME, (96, 100, 160), "trilinear", {}),
    ("nearest 270 × 480 to 1080p", SMALL, (1080, 1920), "nearest", {}),
    ("nearest 1080p to 331 × 517", IMAGE, ODD, "nearest", {}),
    ("nearest-exact 1080p to 331 × 517", IMAGE, ODD, "nearest-exact", {}),
    ("nearest 64 × 480,000 to 16,000", CLIPS, (16_000,), "nearest", {}),
    ("nearest to 96 × 100 × 160", VOLUME, (96, 100, 160), "nearest", {}),
    ("linear 64 × 480,000 to 16,000", CLIPS, (16_000,), "linear", {}),
    ("linear 64 × 48,000 to 160,000", CLIPS[..., :48_000].copy(), (160_000,), "linear", {}),
]


def main() -> None:
    for title, x, size, mode, options in CASES:
        tensor, axes = torch.from_numpy(x), tuple(range(2, x.ndim))
        name = "area-torch" if mode == "area" else mode

        def theirs(tensor=tensor, size=size, mode=mode, options=options) -> torch.Tensor:
            return torch.nn.functional.interpolate(tensor, size, mode=mode, **options)

        def ours(threads: int, x=x, size=size, name=name, axes=axes, options=options) -> np.ndarray:
            return jackfield.resize(x, size, mode=name, axes=axes, threads=threads, **options)

        np.testing.assert_allclose(ours(1), theirs().numpy(), rtol=0, atol=2e-6)
        for threads in (1, 2):
            candidates = {"torch": theirs, "jackfield": lambda threads=threads, ours=ours: ours(threads)}
            compare(title, candidates, threads=threads)


if __name__ == "__main__":
    main()
