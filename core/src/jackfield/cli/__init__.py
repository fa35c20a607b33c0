"""The `jackfield` command: verbs come from the entry-point group `jackfield.commands` and are imported when called.

An entry point names a module that holds `command` (a click command) and a function of the verb's name, which is also
`jackfield.<verb>`. A whole verb, with `[project.entry-points."jackfield.commands"]` / `loudest = "loudest"` in its
pyproject.toml:

```python
import click
from jackfield import as_signal, output_options, plugin_options, print_json

def loudest(path):
    '''The largest absolute sample of a file.'''
    import numpy as np
    return float(np.abs(as_signal(path).samples).max(initial=0.0))

@click.command("loudest")
@click.argument("path")
@output_options
@plugin_options
def command(path, as_json, **_):
    '''Print the largest absolute sample of PATH.'''
    peak = loudest(path)
    print_json({"path": path, "peak": peak}) if as_json else click.echo(peak)
    return 0
```
"""

from __future__ import annotations

import io
import os
import re
import sys

import click

from .._dists import Entry, by_name
from ..errors import JackfieldError, PluginError

GROUP = "jackfield.commands"
TOPICS = "jackfield.explain"
COMPLETE = "_JACKFIELD_COMPLETE"

# A verb's docstring, in the source of its module.
DOCSTRING = re.compile(r"""^def command\([^)]*\)[^:\n]*:.*\n\s+(\"{3}|'{3})((?s:.+?))\1""", re.MULTILINE)

EPILOG = """\
Exit codes: 0 done, 2 usage or config, 3 plugin missing or broken, 4 stopped at the failure limit, 5 finished but some
clips failed, 74 could not write, 130 interrupted.
"""


class Verbs(click.Group):
    """Commands from entry points of one group, listed without importing them."""

    entry_points = GROUP

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(by_name(self.entry_points))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = by_name(self.entry_points).get(cmd_name)
        if entry is None:
            return None
        where = entry.distribution
        cause = f'command "{cmd_name}" of {where} could not be loaded'
        try:
            command = entry.load().command
        except JackfieldError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(cause, f"{type(error).__name__}: {error}") from error
        if not isinstance(command, click.Command):
            raise PluginError(cause, f"{entry.value} holds no click command called command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in by_name(self.entry_points):
            from ..errors import did_you_mean

            ctx.fail(f'no such command "{args[0]}"; {did_you_mean(args[0], self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _summary(entry)) for name, entry in sorted(by_name(self.entry_points).items())]
        if not rows:
            formatter.write_text("No installed plugin offers any.")
            return
        with formatter.section("Commands" if self.entry_points == GROUP else "Topics"):
            formatter.write_dl(rows)


def _summary(entry: Entry) -> str:
    """What a verb does, in a clause, or where it comes from; entry points carry no help, and imports cost time."""
    try:
        found = DOCSTRING.search(entry.source())
    except Exception:
        found = None  # whoever calls the verb is told what is wrong with it
    if found is None:
        return f"({entry.distribution})"
    text = re.sub(r"\s\([^)]*\)", "", found[2].strip())
    return " ".join(re.split(r"[.:;](?:\s|$)|\n\s*\n", text)[0].split())


class Topics(Verbs):
    """What `jackfield explain` can explain: entry points of the group `jackfield.explain`.

    Each names a module that holds `command` and a function `explain_<topic>`, which is also
    `jackfield.explain_<topic>`.
    """

    entry_points = TOPICS


@click.command(cls=Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jackfield-core", prog_name="jackfield")
def cli() -> None:
    """Plugin-based audio and signal analysis."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    # Sums must not depend on how many cores a library finds; parallelism is -j. Set before NumPy can be imported.
    for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A file name need not be text in any encoding; it is shown all the same.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_guarded(args))


def _guarded(args: list[str] | None) -> int:
    try:
        code = cli.main(args, prog_name="jackfield", complete_var=COMPLETE, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; the same command goes on where this one stopped", err=True)
        return 130
    except JackfieldError as error:
        _report(error)
        return error.exit_code
    except SystemExit as error:
        return _stray_exit(error)
    except BrokenPipeError:
        # The reader has had enough (`jackfield … | head`).
        _discard_output()
        return 74
    except OSError as error:
        click.echo(f"error: {error.strerror or error}{': ' + str(error.filename) if error.filename else ''}", err=True)
        _discard_output()
        return 74
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """Exit code of what nobody meant to raise, which the environment may have brought about."""
    from ..planning import check_libraries, unexpected

    try:
        check_libraries()
        if isinstance(error, MemoryError):
            raise unexpected(error) from error
    except JackfieldError as known:
        _report(known)
        return known.exit_code
    click.echo(f"error: {type(error).__name__}: {error}", err=True)
    click.echo("  this is a bug in jackfield; please report it with the output of -vv", err=True)
    if "-vv" in sys.argv:
        import traceback

        traceback.print_exception(error)
    return 1


def _stray_exit(error: SystemExit) -> int:
    """Exit code where the program was ended by something other than Jackfield: click, or a component's fault."""
    import traceback

    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    if str(frame.f_globals.get("__name__")).startswith("click."):
        if not os.environ.get(COMPLETE):
            # Its answer to a reader that has had enough.
            _discard_output()
            return 74
        return error.code if isinstance(error.code, int) else 0
    where = f"{frame.f_code.co_filename}:{line}"
    stray = PluginError(f"a component ended the program with exit({error.code!r})", where, "report it to its author")
    _report(stray.with_traceback(error.__traceback__))
    return stray.exit_code


def _discard_output() -> None:
    """What could not be written stays unwritten; without this the interpreter tries again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _report(error: JackfieldError) -> None:
    """Cause, evidence and remedy on standard error, one line each; the traceback only with -vv."""
    from .options import say

    say(f"error: {error.cause}")
    if error.evidence:
        say(f"  found: {error.evidence}")
    if error.remedy:
        say(f"  help: {error.remedy}")
    if "-vv" in sys.argv:
        import traceback

        traceback.print_exception(error)
