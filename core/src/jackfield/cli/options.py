"""Options that verbs share, and how they show progress and print results."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click

from ..discovery import Selection
from ..errors import ConfigError


def plugin_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--block, --only, --no-plugins, --plugin, --strict; applied before the verb runs."""

    def choose(**options: Any) -> Any:
        from ..registry import select

        chosen = Selection(
            block=options.pop("block"),
            only=options.pop("only"),
            none=options.pop("no_plugins"),
            files=options.pop("plugin"),
        )
        strict = options.pop("strict")
        found = select(chosen)
        if strict:
            found.check()
        return command(**options)

    choose.__doc__ = command.__doc__
    options = [
        click.option("--block", multiple=True, metavar="NAME", help="Leave a plugin out (also JACKFIELD_BLOCK)."),
        click.option("--only", multiple=True, metavar="NAME", help="Use only this plugin (repeatable)."),
        click.option("--no-plugins", is_flag=True, help="Use only what the core brings."),
        click.option(
            "--plugin", multiple=True, type=click.Path(), metavar="FILE.py", help="Use a single file as a plugin."
        ),
        click.option("--strict", is_flag=True, help="Stop at any faulty plugin, needed or not."),
    ]
    for option in reversed(options):
        choose = option(choose)
    return choose


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--json, -q, -v."""
    for option in reversed(
        [
            click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output."),
            click.option("-q", "--quiet", is_flag=True, help="No progress, no messages."),
            click.option("-v", "--verbose", count=True, help="Say more; -vv adds tracebacks."),
        ]
    ):
        command = option(command)
    return command


def shard_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--shard i/n, as a pair of numbers."""

    def pair(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, int] | None:
        if text is None:
            return None
        number, sign, count = text.partition("/")
        if not (sign and number.isdecimal() and count.isdecimal()):
            raise click.BadParameter(f'got "{text}"; write 1/3 for the first of three')
        return int(number), int(count)

    about = "Do only the i-th of n shares; `merge` unites them."
    return click.option("--shard", metavar="I/N", callback=pair, help=about)(command)


EXACT = "Compare all pairs, however many clips there are."


def exact_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--exact, as the override that it is."""

    @wraps(command)
    def choose(exact: bool, overrides: tuple[str, ...], **options: Any) -> Any:
        return command(overrides=(*overrides, *(["exact=true"] if exact else [])), **options)

    return click.option("--exact", is_flag=True, help=EXACT)(choose)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every run takes."""
    options: list[Callable[[Any], Any]] = [
        click.option(
            "-o", "--output", type=click.Path(), metavar="FOLDER", help="Run folder; default jackfield-runs/…"
        ),
        click.option("-j", "--jobs", type=int, help="Worker processes; 0 = all processors, 1 = none beside this one."),
        click.option("--seed", type=int, help="Of everything random."),
        click.option("--set", "overrides", multiple=True, metavar="STEP.KEY=VALUE", help="Change a parameter."),
        shard_option,
        click.option("--force", is_flag=True, help="Go on in a folder of another config."),
        click.option("--dry-run", is_flag=True, help="Show the plan, compute nothing."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def parameter(text: str) -> tuple[str, Any]:
    """Name and value of a `--with` text; what is no TOML value is a text."""
    import tomllib

    key, sign, raw = text.partition("=")
    if not sign:
        raise ConfigError(f'--with "{text}" is not key=value', remedy="write --with n_mfcc=13")
    try:
        return key.strip(), tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), raw.strip()


def names(*kinds: str) -> Callable[..., list[str]]:
    """Completion of the names that plugins offer, of these kinds or of all."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from ..registry import registry

        offers = (entry.offer for entry in registry().entries)
        return sorted(o.name for o in offers if o.name.startswith(incomplete) and (not kinds or o.kind in kinds))

    return complete


class Bar:
    """Progress on standard error: a bar on a terminal, nothing elsewhere or with -q."""

    def __init__(self, quiet: bool) -> None:
        self.wanted = not quiet and sys.stderr.isatty()
        self._progress: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Bar:
        if self.wanted:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *about: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._progress is None or total == 0:
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done)


def say(text: str, quiet: bool = False) -> None:
    """A message of one line, whatever names are in it, on standard error."""
    from ..data import printable

    if not quiet:
        click.echo(printable(text), err=True)


def print_json(data: Any) -> None:
    """Data on standard output; what JSON cannot say (NaN, infinity) as null."""
    click.echo(json.dumps(_finite(data), indent=1, ensure_ascii=False, default=str))


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if data == data and abs(data) != float("inf") else None
    if isinstance(data, dict):
        return {k: _finite(v) for k, v in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(v) for v in data]
    return data


def print_table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table on standard output: rich on a terminal, plain aligned columns elsewhere."""
    rows = list(rows)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(*header, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(_escaped(cell) for cell in row))
        Console().print(table)
        return
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    for row in [header, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
