"""`jackfield explain resize N M`, and `jackfield.explain_resize`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from jackfield import ConfigError, output_options, print_json, print_table, say, write_file

from . import Mode, Resize

if TYPE_CHECKING:
    from ._explain import ResizeFacts


def explain_resize(
    n: int,
    m: int,
    *,
    mode: Mode = "area",
    align_corners: bool | None = None,
    antialias: bool | None = None,
    values: tuple[float, ...] | None = None,
) -> ResizeFacts:
    """How one axis of n elements becomes m: regions, weights, drift of the mean; of area, what other libraries answer.

    mode, align_corners, antialias : as in `jackfield.resize`
    values : n numbers to try it on; default 1, 2, 5, 10, 17, …, which are convex, so that every difference shows

    Raises ConfigError for lengths outside 1…1000.

    >>> facts = explain_resize(5, 3)
    >>> facts.regions, [round(x, 2) for x in facts.result], round(facts.drift, 9)
    (((0, 2), (1, 4), (3, 5)), [1.4, 5.4, 14.2], 0.0)
    >>> [round(x, 2) for x in facts.answers["torch"]]
    [1.5, 5.67, 13.5]
    """
    from ._explain import explain

    return explain(n, m, Resize(size=m, mode=mode, align_corners=align_corners, antialias=antialias), values)


@click.command("resize")
@click.argument("n", type=int)
@click.argument("m", type=int)
@click.option("--mode", default="area", show_default=True, help=", ".join(get_args(Mode)))
@click.option("--align-corners/--no-align-corners", default=None, help="Keep the outermost elements in place.")
@click.option("--antialias/--no-antialias", default=None, help="Widen the kernel when shrinking.")
@click.option("--values", metavar="X,X,…", help="N example values; default 1, 2, 5, 10, 17, …")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Draw it (.png, .svg, .pdf).")
@click.option("--force", is_flag=True, help="Replace the picture if it is there.")
@output_options
def command(
    n: int,
    m: int,
    values: str | None,
    output: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
    **how: Any,
) -> int:
    """Show how one axis of N elements is resized to M.

    Area averages stand beside those of torch, TensorFlow, OpenCV and Pillow. In the other modes torch gives the same.
    """
    if output:
        from ._files import check_target
        from ._picture import SUFFIXES

        check_target(output, SUFFIXES, force)
    facts = explain_resize(n, m, values=_values(values), **how)
    if output:
        from ._picture import regions, rendered

        write_file(Path(output), rendered(regions(facts), output))
    if as_json:
        print_json(asdict(facts))
        return 0
    _print(facts)
    if output:
        say(f"picture: {output}", quiet)
    return 0


def _values(text: str | None) -> tuple[float, ...] | None:
    try:
        return None if text is None else tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError("--values takes numbers with commas between them", f"got {text!r}") from None


def _print(facts: ResizeFacts) -> None:
    click.echo(f"{facts.n} to {facts.m} by {facts.mode}: {', '.join(f'{v:g}' for v in facts.values)}")
    header = ("output", "elements", "weights", facts.mode, *facts.answers)
    rows = []
    for j, (start, stop) in enumerate(facts.regions):
        weights = " ".join(f"{w:.3g}" for w in facts.weights[j])
        answers = (f"{answer[j]:.4g}" for answer in facts.answers.values())
        rows.append((str(j), f"[{start}, {stop})", weights, f"{facts.result[j]:.4g}", *answers))
    means = (sum(answer) / facts.m for answer in (facts.result, *facts.answers.values()))
    given = sum(facts.values) / facts.n
    rows.append(("mean", "", f"{given:.4g} before", *(f"{mean:.4g}" for mean in means)))
    print_table(header, rows)
    click.echo(f"drift of the mean: {facts.drift:+.4g}")
    click.echo(facts.note)
