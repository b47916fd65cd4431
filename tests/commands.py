"""Commands, as their users run them: each in a process of its own.

It is a fork of a Python that has imported the libraries, but nothing of Pamps: they are most of what a
command takes to start. What is about the process itself, its terminal or its end by force, starts a cold one.
"""

import atexit
import os
import runpy
import sys
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

# Whatever a command imports before it is of use.
LIBRARIES = (
    "alembic.config bcrypt cryptography.fernet dynaconf email_validator fastapi jose.jwt limits.strategies"
    " passlib.handlers.argon2 passlib.handlers.bcrypt psycopg2 pyotp rich.progress rich.table smtplib"
    " sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite sqlmodel typer uvicorn"
)


def run_pamps(uri: str, *arguments: str, stdin: str = "", **environment: str) -> CompletedProcess[str]:
    """`pamps` with these arguments on the database at `uri`; keyword arguments are environment variables."""
    return run_module("pamps", uri, *arguments, stdin=stdin, **environment)


def run_module(
    module: str, uri: str, *arguments: str, stdin: str = "", **environment: str
) -> CompletedProcess[str]:
    """`python -m module` with these arguments, in the folder of the repository."""
    variables = {**os.environ, "PAMPS_DB__uri": uri, "COLUMNS": "80", **environment}
    with TemporaryDirectory(prefix="pamps-test-") as name:
        folder = Path(name)
        (folder / "0").write_text(stdin)
        process = _forks().Process(target=_become, args=(module, arguments, variables, folder))
        process.start()
        process.join()
        stdout, stderr = ((folder / stream).read_text() for stream in "12")
    assert process.exitcode is not None
    return CompletedProcess([module, *arguments], process.exitcode, stdout, stderr)


@cache
def _forks() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES.split())
    return context


def _become(module: str, arguments: tuple[str, ...], variables: dict[str, str], folder: Path) -> None:
    """Be the process of a command, whose three streams are files."""
    for stream, flags in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(folder / str(stream), flags), stream)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(Path(__file__).parent.parent)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves that out
