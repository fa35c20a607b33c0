"""`jackfield plugins`: list, show, check, new."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import click

from ..api.authoring import KINDS, new_plugin
from ..api.installed import plugins
from .options import names, output_options, plugin_options, print_json, print_table, say


@click.group("plugins")
def command() -> None:
    """List, show, check and begin plugins."""


@command.command("list")
@output_options
@plugin_options
def list_(as_json: bool, quiet: bool, verbose: int, **_: Any) -> int:
    """List plugins with their state and offers.

    Faults are explained below the table.
    """
    found = plugins()
    if as_json:
        print_json([_data(p) for p in found])
        return 0
    rows = [(p.name, p.label, p.status, ", ".join(o.name for o in p.offers) or p.summary) for p in found]
    print_table(("plugin", "distribution", "state", "offers"), rows)
    for plugin in found:
        for fault in plugin.faults:
            say(f"{plugin.name}: {fault}", quiet)
            if verbose and fault.__cause__ is not None:
                say(f"  {fault.__cause__!r}", quiet)
    return 0


def _data(plugin: Any) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "state": plugin.status,
        "offers": [{"kind": o.kind, "name": o.name} for o in plugin.offers],
        "faults": [str(f) for f in plugin.faults],
    }


@command.command("show")
@click.argument("name", shell_complete=names())
@output_options
@plugin_options
def show(name: str, as_json: bool, **_: Any) -> int:
    """Show what the component NAME does.

    What it takes and gives, its documentation, its parameters.
    """
    from ..components import describe, gives, takes
    from ..hookspecs import Descriptor
    from ..registry import registry

    entry = registry().find(name)
    if not isinstance(entry.offer, Descriptor):
        click.echo(f"{entry.full_name}: {entry.offer.kind}\n\n{entry.offer.toml}")
        return 0
    cls, is_executor = entry.offer.component, entry.offer.kind == "executor"
    kinds = {} if is_executor else {"takes": [_name(k) for k in takes(cls)], "gives": [_name(k) for k in gives(cls)]}
    if as_json:
        import msgspec

        from ..components import struct

        data = {"name": entry.full_name, "kind": entry.offer.kind, **kinds, "doc": cls.__doc__}
        print_json(data | {"parameters": msgspec.json.schema(struct(cls))})
        return 0
    click.echo(f"{entry.full_name}: {entry.offer.kind} of {entry.plugin.label}")
    if kinds:
        click.echo(f"{' | '.join(kinds['takes'])} → {' | '.join(kinds['gives'])}")
    click.echo(f"\n{cleandoc(cls.__doc__ or '')}\n")
    for field in describe(cls):
        click.echo(f"  {field.describe()}")
    return 0


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))


@command.command("check")
@click.argument("names", nargs=-1)
@output_options
@plugin_options
def check(names: tuple[str, ...], as_json: bool, verbose: int, **_: Any) -> int:
    """Hold components against the conformance kit.

    All, or those NAMEd; exit 3 if one does not conform. With -v, rules that do not apply are listed with the reason.
    """
    from ..testing import check_plugins

    verdicts = check_plugins(names)
    if as_json:
        print_json([{"component": v.component, "rule": v.rule, "state": v.state, "reason": v.reason} for v in verdicts])
    else:
        bad = [v for v in verdicts if v.state == "failed"]
        for v in bad:
            click.echo(f"{v.component}: {v.rule}: {v.reason}")
        skipped = [v for v in verdicts if v.state == "skipped"]
        if verbose:
            for v in skipped:
                click.echo(f"{v.component}: {v.rule}: skipped, {v.reason}")
        components, rules = len({v.component for v in verdicts}), len(verdicts) - len(skipped)
        click.echo(f"{components} components, {rules} checks, {len(skipped)} skipped, {len(bad)} failed")
    return 3 if any(v.state == "failed" for v in verdicts) else 0


@command.command("new")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="feature", show_default=True, help="What it is to offer.")
@click.option("-o", "--output", type=click.Path(), metavar="FOLDER", help="New folder; default jackfield-NAME.")
@output_options
@plugin_options
def new(name: str, kind: str, output: str | None, as_json: bool, **_: Any) -> int:
    """Write a plugin to start from.

    It works as it is: a distribution with one component called NAME, an entry point, a README and a test. Prints the
    files; nothing is overwritten.
    """
    written = [str(path) for path in new_plugin(name, kind, output)]
    print_json({"files": written}) if as_json else click.echo("\n".join(written))
    return 0


__all__ = ["command", "plugins"]
