"""A real server: its own process, its own database, a real socket."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]

from tests.support.commands import start_module
from tests.support.processes import PATIENCE_SECONDS, stop

REPOSITORY = Path(__file__).parent.parent.parent
LISTENING = re.compile(r"Uvicorn running on (http://[\d.]+:\d+)")


@dataclass
class Server:
    """A server at `url` on the database at `uri`; `log` is its output."""

    url: str
    uri: str
    process: psutil.Process
    log: Path

    def client(self, token: str | None = None) -> httpx2.Client:
        """A client with a connection of its own, signed in if given a token."""
        return plain_client(self.url, token)

    def register(self, username: str, password: str = "correct horse") -> str:
        """Create an account over HTTP, log in, and return the access token."""
        with self.client() as client:
            account = {"email": f"{username}@example.com", "username": username, "password": password}
            assert client.post("/user/", json=account).status_code == 201
            answer = client.post("/token", data={"username": username, "password": password})
        return str(answer.json()["access_token"])


def plain_client(url: str, token: str | None = None, timeout: int = PATIENCE_SECONDS) -> httpx2.Client:
    """A client without TLS, because loading the system's certificates takes longer than most requests."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.Client(base_url=url, headers=headers, timeout=timeout, verify=False)


@contextmanager
def running_server(
    uri: str, folder: Path, *arguments: str, python: Path | None = None, **settings: str
) -> Iterator[Server]:
    """Run `pamps serve` on the database at `uri`, and stop it afterwards.

    `settings` are environment variables, such as `PAMPS_POSTS__max_length="10"`. With a `python` other than
    the one that runs the tests, it runs the Pamps installed there, from `folder`.
    """
    environment = {**os.environ, "PAMPS_DB__uri": uri, "PYTHONUNBUFFERED": "1"}
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Servers that run in parallel share the hundred connections that PostgreSQL allows.
        environment["PAMPS_DB__pool_size"] = "6"
    environment |= settings
    environment.pop("COVERAGE_PROCESS_CONFIG", None)  # without the overhead of coverage
    log = folder / "server.log"
    log.write_text("")
    command = ["serve", "--port", "0", *arguments]
    if python:
        process = _start_cold(python, command, environment, log)
    else:
        streams = (Path(os.devnull), log, log)
        process = psutil.Process(start_module("pamps", command, environment, streams, traced=False).pid)
    try:
        url = _wait_for_url(process, log)
        _wait_until_ready(url)
        yield Server(url, uri, process, log)
    finally:
        stop(process)


def _start_cold(python: Path, command: list[str], environment: dict[str, str], log: Path) -> psutil.Process:
    with log.open("w") as output:
        return psutil.Popen(
            [str(python), "-m", "pamps", *command],
            cwd=log.parent,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _wait_for_url(process: psutil.Process, log: Path) -> str:
    """The URL that the server prints once it is bound to a free port."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and _is_alive(process):
        if found := LISTENING.search(log.read_text()):
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"The server did not start:\n{log.read_text()}")


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _wait_until_ready(url: str) -> None:
    """Wait until the whole server works, not only its socket."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with plain_client(url) as client:
        while time.monotonic() < deadline:
            with suppress(httpx2.TransportError):
                if client.get("/ready/").status_code == 200:
                    return
            time.sleep(0.02)
    raise AssertionError(f"The server at {url} never became ready.")
