"""The heat map as a picture."""

from __future__ import annotations

import io
import unicodedata
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from jackfield import printable

from ._findings import Findings
from ._matrix import STEPS, UNDEFINED, Matrix, colours
from ._words import inside, shortened

TEXT, SMALL = 12, 11  # pixels
MARGIN, GAP, SCALE = 20, 8, 110  # around; between labels and matrix; room for the colour scale
INK, PAPER, FRAME, MARK = (34, 40, 49), (255, 255, 255), (228, 87, 46), (150, 156, 165)
GREY, STRIPE = (224, 226, 229), (176, 180, 186)  # undefined pairs
NAME = 34  # characters of a label
CELL = 36  # largest cell, so that four clips do not fill a screen


def draw(found: Findings, matrix: Matrix, size: int, order: str) -> bytes:
    """PNG bytes: title, labels on the left, the matrix with its groups outlined, the colour scale on the right."""
    n = len(matrix.ids)
    cell = max(1, min(CELL, size // max(n, 1)))
    side = max(cell * n, 1)
    names = [shortened(printable(name), NAME) for name in inside([found.path(i) for i in matrix.ids])]
    font, names = _lettering(names, SMALL)
    step = max(1, -(-(SMALL + 2) // cell))
    left = MARGIN + max((int(font.getlength(t)) for t in names[::step]), default=0) + GAP
    title, heading = _lettering(_heading(found, matrix, order), TEXT)
    width = max(left + side + SCALE + MARGIN, 2 * MARGIN + max(int(title.getlength(t)) for t in heading))
    top = MARGIN + len(heading) * (TEXT + 6) + GAP
    picture = Image.new("RGB", (width, top + max(side, 200) + MARGIN), PAPER)
    pen = ImageDraw.Draw(picture)
    for row, text in enumerate(heading):
        pen.text((MARGIN, MARGIN + row * (TEXT + 6)), text, INK if row == 0 else MARK, font=title)
    picture.paste(Image.fromarray(paint(matrix.codes, cell)), (left, top))
    pen.rectangle((left - 1, top - 1, left + side, top + side), outline=MARK)
    _outline(pen, matrix, left, top, cell)
    for k in range(0, n, step):
        pen.text((left - GAP, top + k * cell + cell / 2), names[k], INK, font=font, anchor="rm")
    _scale(pen, picture, matrix.top, _threshold(found), left + side + 2 * GAP, top)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def paint(codes: np.ndarray, cell: int) -> np.ndarray:
    """(n · cell, n · cell, 3) uint8 pixels; undefined pairs are hatched."""
    big = codes.repeat(cell, axis=0).repeat(cell, axis=1)
    table = np.concatenate([colours(), [GREY]]).astype(np.uint8)
    pixels: np.ndarray = table[big]
    y, x = np.nonzero(big == UNDEFINED)
    striped = (x + y) % 6 < 2
    pixels[y[striped], x[striped]] = STRIPE
    return pixels


def _outline(pen: Any, matrix: Matrix, left: int, top: int, cell: int) -> None:
    width = 2 if cell >= 4 else 1
    for start, stop, group in matrix.runs:
        for first, last, other in matrix.runs:
            if group == other:
                box = (left + start * cell, top + first * cell, left + stop * cell - 1, top + last * cell - 1)
                pen.rectangle(box, outline=FRAME, width=width)


def _scale(pen: Any, picture: Image.Image, top_value: float, threshold: float | None, x: int, y: int) -> None:
    height, width = 140, 14
    shades = np.rint(np.linspace(STEPS, 0, height)).astype(int)
    bar = np.broadcast_to(colours()[shades][:, None], (height, width, 3))
    picture.paste(Image.fromarray(np.ascontiguousarray(bar)), (x, y))
    pen.rectangle((x - 1, y - 1, x + width, y + height), outline=MARK)
    font, _ = _lettering([], SMALL)
    for share in (0.0, 0.5, 1.0):
        at = y + (height - 1) * (1 - share)
        pen.text((x + width + 6, at), f"{share * top_value:.4g}", INK, font=font, anchor="lm")
    if threshold is not None and 0 <= threshold <= top_value:
        at = round(y + (height - 1) * (1 - threshold / top_value))
        pen.line((x - 4, at, x + width + 3, at), FRAME, width=2)
        pen.text((x + width + 34, at), f"< {threshold:.3g}", FRAME, font=font, anchor="lm")
    sample = paint(np.full((1, 1), UNDEFINED, np.uint8), width)
    picture.paste(Image.fromarray(sample), (x, y + height + 14))
    pen.text((x + width + 6, y + height + 14 + width / 2), "undefined", INK, font=font, anchor="lm")


def _threshold(found: Findings) -> float | None:
    value = found.groups.settings.get("threshold") if found.groups is not None else None
    return float(value) if isinstance(value, (int, float)) else None


def _heading(found: Findings, matrix: Matrix, order: str) -> list[str]:
    name = found.distances.name if found.distances is not None else ""
    count = f"{matrix.total} clips" if matrix.total == len(matrix.ids) else f"{len(matrix.ids)} of {matrix.total} clips"
    about = {"linkage": "ordered by likeness", "groups": "ordered by group", "inputs": "in the order of the inputs"}
    lines = [f"Distances{' by ' + name if name else ''}", f"{count}, {about[order]}; groups outlined"]
    if matrix.total > len(matrix.ids):
        lines.append("left out: clips without a group first")
    return lines


def _lettering(texts: list[str], size: int) -> tuple[Any, list[str]]:
    """Pillow's own font, which has ASCII only; DejaVu, which most systems have, if there is more to write."""
    if all(text.isascii() for text in texts):
        return ImageFont.load_default(size), texts
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size), texts
    except OSError:
        plain = [unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() for text in texts]
        return ImageFont.load_default(size), plain
