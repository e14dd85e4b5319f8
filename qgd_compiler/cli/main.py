"""The entry point: verbs, global options, and what becomes of an error.

Exit codes: 0 done; 2 and up as `qgd_compiler.errors` says; 70 internal error; 130 interrupted;
141 nobody reads the output any more.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from qgd_compiler.cli import (
    analyze,
    check,
    circuit,
    compile,
    describe,
    diff,
    doctor,
    encodings,
    explain,
    fit,
    formula,
    init,
    lock,
    plot,
    query,
    schema,
    solvers,
    sweep,
    verify,
)
from qgd_compiler.cli.talk import Talk, complain, say_error, set_talk, wants_json
from qgd_compiler.errors import QgdError, UsageError

INTERNAL_ERROR = 70
INTERRUPTED = 130
PIPE_CLOSED = 141
YOUNG = 50_000  # objects between looks for garbage: programs are many small objects that live until the end
GLOBAL_OPTIONS = ("-q", "--quiet", "-v", "--verbose", "--debug", "--version")


@dataclass
class Settings:
    """What the global options set."""

    debug: bool = False


app = typer.Typer(
    name="qgd",
    help="What gradient descent on a quantum computer costs: from a Hessian to T gates and qubits.",
    epilog="Start with: qgd compile estimates/digits-mlp.yaml",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("compile")(compile.compile_spec)
app.command("analyze")(analyze.analyze_spec)
app.command("explain")(explain.explain_spec)
app.command("encodings")(encodings.list_encodings)
app.command("formula")(formula.print_formula)
app.command("solvers")(solvers.list_solvers)
app.command("circuit")(circuit.write_circuit)
app.command("verify")(verify.verify_spec)
app.command("sweep")(sweep.sweep_spec)
app.command("query")(query.query_store)
app.command("fit")(fit.fit_store)
app.command("plot")(plot.plot_store)
app.command("lock")(lock.lock_specs)
app.command("check")(check.check_locks)
app.command("diff")(diff.diff_reports)
app.command("init")(init.write_starter)
app.command("describe")(describe.describe_files)
app.command("schema")(schema.write_schemas)
app.command("doctor")(doctor.examine)


def _print_version(asked: bool) -> None:
    if asked:
        from qgd_compiler.version import __version__

        print(f"qgd {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors: no progress, no remarks.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say each step of the work in a line on stderr.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version.")
    ] = False,
) -> None:
    context.obj.debug = debug
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other", remedy="one of them")
    set_talk(Talk.QUIET if quiet else Talk.VERBOSE if verbose else Talk.NORMAL)
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(UsageError.exit_code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: that of the process); the value is the exit code. Never raises."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    settings = Settings()
    if arguments is None:
        gc.set_threshold(YOUNG)
    try:
        code = app(words, prog_name="qgd", standalone_mode=False, obj=settings)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except QgdError as error:
        if settings.debug:
            traceback.print_exc()
        say_error(error, wants_json(words))
        return error.exit_code
    except typer.TyperException as error:
        usage = UsageError(error.format_message().rstrip("."), remedy=_remedy(words))
        say_error(usage, wants_json(words))
        return usage.exit_code
    except (typer.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # the interpreter flushes stdout once more at exit: let it flush into nothing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except SystemExit as leaving:
        # typer leaves this way when a pipe closes under the help, and after it has printed a completion
        if isinstance(leaving.__context__, BrokenPipeError):
            return PIPE_CLOSED
        return leaving.code if isinstance(leaving.code, int) else 0
    except Exception as error:
        if settings.debug:
            traceback.print_exc()
        complain(f"internal error: {type(error).__name__}: {error}")
        if not settings.debug:
            print(f"  try: qgd --debug {' '.join(words)}   (shows the traceback)", file=sys.stderr)
        return INTERNAL_ERROR


def _remedy(words: Sequence[str]) -> str:
    """Where the help is; for a global option behind the verb, where it belongs."""
    verb = _verb(words)
    behind = words[words.index(verb.strip()) + 1 :] if verb else ()
    late = next((word for word in behind if word in GLOBAL_OPTIONS), None)
    return (
        f"qgd {verb}--help" if late is None else f"qgd {late} {verb}…: global options stand before the verb"
    )


def _verb(words: Sequence[str]) -> str:
    known = {command.name for command in app.registered_commands}
    return next((f"{word} " for word in words if word in known), "")
