"""Reporting expected failures of commands as one red line on stderr, with exit status 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console


class PampsCommands(typer.core.TyperGroup):
    """Reports every expected failure, including misuse, as one red line on stderr, with exit status 1."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with one_red_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with one_red_line():
            return super().invoke(ctx)


@contextmanager
def one_red_line() -> Iterator[None]:
    """Report expected errors in one line. Bugs still show their traceback."""
    try:
        yield
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        fail(end.code.removeprefix("pamps: "))  # invalid settings (see pamps.config)
    except (BrokenPipeError, typer.Exit, typer.Abort):
        raise  # a deliberate exit or a closed pipe, which Typer handles quietly
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        fail(message)


def fail(message: str) -> NoReturn:
    """Print the message as one red line on stderr and exit with status 1."""
    Console(stderr=True, soft_wrap=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def explain(error: Exception) -> str | None:
    """A one-line message for an expected error; None for anything else."""
    if hasattr(error, "format_message"):  # Typer's own: an unknown command or option, a missing argument
        return explain_misuse(error)

    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError

    from pamps.config import SettingsError
    from pamps.db.failures import SchemaError
    from pamps.errors import PampsError

    if isinstance(error, ValidationError):
        problem = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
    if isinstance(error, DBAPIError):
        return explain_refusal(str(error.orig).strip().splitlines()[0])
    if isinstance(error, PampsError | SchemaError | SettingsError | OSError):
        return str(error)
    return None


def explain_misuse(error: Any) -> str:
    """Typer's message, with a pointer to the help of the command."""
    message = error.format_message().rstrip(".")
    ctx = getattr(error, "ctx", None)
    command = f"pamps {ctx.info_name}" if ctx and ctx.parent else "pamps"
    return f"{message}{'' if message.endswith('?') else '.'} See `{command} --help`."


def explain_refusal(reason: str) -> str:
    """A message for users, given the first line of the driver's message."""
    if "uq_user_username" in reason:
        return "This user name is taken."
    if "uq_user_email" in reason:
        return "This e-mail address is taken."
    # A missing table in an empty database, or a missing column in one created by an older version.
    is_missing = reason.startswith(("no such ", "relation ", "column "))
    return f"The database refused: {reason.rstrip('.')}.{' Run `pamps migrate` first.' if is_missing else ''}"
