"""`jackfield plugins`: list, show, check."""

from __future__ import annotations

from typing import Any

import click

from ..api.installed import plugins
from .options import names, output_options, plugin_options, print_json, print_table, say


@click.group("plugins")
def command() -> None:
    """List, show and check plugins."""


@command.command("list")
@output_options
@plugin_options
def list_(as_json: bool, quiet: bool, verbose: int, **_: Any) -> int:
    """List plugins with their state and what they offer; faults are explained below."""
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
    """Show the component NAME: what it does, what it takes and gives, its parameters."""
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
    click.echo(f"\n{(cls.__doc__ or '').strip()}\n")
    for field in describe(cls):
        click.echo(f"  {field.describe()}")
    return 0


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))


@command.command("check")
@click.argument("names", nargs=-1)
@output_options
@plugin_options
def check(names: tuple[str, ...], as_json: bool, **_: Any) -> int:
    """Run the conformance kit over components (all, or those NAMEd); exit 3 if one does not conform."""
    from ..testing import check_plugins

    verdicts = check_plugins(names)
    if as_json:
        print_json([{"component": v.component, "rule": v.rule, "state": v.state, "reason": v.reason} for v in verdicts])
    else:
        bad = [v for v in verdicts if v.state == "failed"]
        for v in bad:
            click.echo(f"{v.component}: {v.rule}: {v.reason}")
        click.echo(f"{len({v.component for v in verdicts})} components, {len(verdicts)} checks, {len(bad)} failed")
    return 3 if any(v.state == "failed" for v in verdicts) else 0


__all__ = ["command", "plugins"]
