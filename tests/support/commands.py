"""Runs commands the way users do: each in a process of its own, including servers (see tests.support.server).

The process is forked from a Python that has imported the libraries and Pamps, except what reads settings
(`pamps.app`): the imports are most of a command's start-up time. Tests of the process itself or its terminal
start a cold one.
"""

import atexit
import os
import runpy
import sys
from collections.abc import Sequence
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from coverage import Coverage

# What commands import.
MODULES = (
    "alembic.config bcrypt cryptography.fernet dynaconf email_validator fastapi jose.jwt limits.strategies"
    " passlib.handlers.argon2 passlib.handlers.bcrypt psycopg2 pyotp rich.progress rich.table smtplib"
    " sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite sqlmodel typer uvicorn uvicorn.lifespan.on"
    " uvicorn.loops.uvloop uvicorn.protocols.http.httptools_impl"
    " pamps.cli pamps.demo.load pamps.routes pamps.services.schema pamps.web"
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
        streams = [Path(name, stream) for stream in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin)
        process = start_module(module, arguments, variables, streams)
        process.join()
        stdout, stderr = (stream.read_text() for stream in streams[1:])
    assert process.exitcode is not None
    return CompletedProcess([module, *arguments], process.exitcode, stdout, stderr)


def start_module(
    module: str,
    arguments: Sequence[str],
    variables: dict[str, str],
    streams: Sequence[Path],
    *,
    traced: bool = True,
) -> ForkServerProcess:
    """The same, without waiting for it to end. Its three streams are files; unless `traced`, coverage is not
    measured, which makes it faster."""
    process = _forks().Process(target=_become, args=(module, arguments, variables, streams, traced))
    process.start()
    return process


@cache
def _forks() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(MODULES.split())
    return context


def _become(
    module: str, arguments: Sequence[str], variables: dict[str, str], streams: Sequence[Path], traced: bool
) -> None:
    """Turn this process into that of a command."""
    if not traced and (coverage := Coverage.current()):
        coverage.stop()
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND  # two streams may share one file
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, append, append), strict=True)):
        os.dup2(os.open(path, flags), number)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", buffering=1)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(Path(__file__).parent.parent.parent)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves that out
