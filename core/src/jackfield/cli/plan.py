"""`jackfield plan`."""

from __future__ import annotations

from typing import Any

import click

from ..api.runs import plan
from ._printing import forecast_data, print_forecast
from .options import output_options, plugin_options, print_json


@click.command("plan")
@click.argument("config", type=click.Path())
@click.option("--set", "overrides", multiple=True, metavar="STEP.KEY=VALUE", help="Change a parameter.")
@click.option("--seed", type=int, help="Of everything random.")
@click.option("--no-probe", is_flag=True, help="Read no clip; time, memory and shapes stay unknown.")
@output_options
@plugin_options
def command(config: str, overrides: tuple[str, ...], seed: int | None, no_probe: bool, as_json: bool, **_: Any) -> int:
    """Check the run config CONFIG and say what it will do and cost; nothing is written."""
    return show(config, overrides, seed, as_json, probe=not no_probe)


def show(config: Any, overrides: tuple[str, ...], seed: int | None, as_json: bool, probe: bool = True) -> int:
    """Print the plan of a config; exit code 5 where every clip that was probed failed."""
    forecast = plan(config, overrides=overrides, seed=seed, probe=probe)
    if as_json:
        print_json(forecast_data(forecast))
    else:
        print_forecast(forecast)
    return 5 if forecast.fault else 0


__all__ = ["command", "plan"]
