"""`jackfield features`."""

from __future__ import annotations

from typing import Any

import click

from ..api.runs import features
from .options import Bar, names, output_options, parameter, plugin_options, run_options


@click.command("features")
@click.argument("use", shell_complete=names("feature"))
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--with", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter of the component.")
@run_options
@output_options
@plugin_options
def command(
    use: str, paths: tuple[str, ...], parameters: tuple[str, ...], dry_run: bool, as_json: bool, quiet: bool,
    verbose: int, **o: Any,
) -> int:  # fmt: skip
    """Compute the feature USE (such as mfcc) for every clip of PATHS; rows go to standard output as CSV."""
    given = dict(parameter(text) for text in parameters)
    if dry_run:
        from ..api.runs import feature_config
        from .plan import show

        return show(feature_config(use, list(paths), given), o["overrides"], o["seed"], as_json)
    with Bar(quiet) as bar:
        results = features(use, list(paths), with_=given, progress=bar, **o)
    from ._printing import finish_features

    return finish_features(results, as_json, quiet)


__all__ = ["command", "features"]
