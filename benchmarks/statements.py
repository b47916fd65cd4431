"""Captures what requests send to PostgreSQL: `python -m benchmarks.statements REQUESTS STATEMENTS`.

Runs in its own process, without a socket, and measures nothing. It passes each request in REQUESTS to the
application, and writes the statements that the driver sent to STATEMENTS. Each request runs in a process in
the state of a server that has just started, so that no caches of earlier requests are used.
"""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class with a lower-case name

from benchmarks.server import environment
from benchmarks.wrk import LoadFailed

noted: list[str] = []


class NotingCursor(Cursor):  # type: ignore[misc] # the driver has no types
    """A cursor that records the statements it sends, with their values."""

    def execute(self, query: Any, values: Any = None) -> None:
        """Execute and record a statement."""
        super().execute(query, values)
        noted.append(self.query.decode())


def capture(uri: str, requests: Sequence[tuple[str, str]], folder: Path) -> list[list[str]]:
    """The statements of each GET, given its path and token; raises LoadFailed if one fails."""
    asked, answered = folder / "requests.json", folder / "statements.json"
    asked.write_text(json.dumps(requests), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.statements", str(asked), str(answered)],
        cwd=folder,
        env=environment(uri),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise LoadFailed(f"The statements could not be captured:\n{run.stdout}{run.stderr}")
    return list(json.loads(answered.read_text(encoding="utf-8")))


def main() -> None:
    """Entry point of the process."""
    psycopg2.connect = partial(psycopg2.connect, cursor_factory=NotingCursor)
    from pamps.app import create_app

    app = create_app()
    context = multiprocessing.get_context("fork")
    found = []
    for path, token in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        here, there = context.Pipe()
        process = context.Process(target=note_request, args=(app, path, token, there))
        process.start()
        there.close()
        try:
            found.append(here.recv())
        except EOFError:
            sys.exit(1)  # the process has printed the error
        process.join()
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


def note_request(app: Any, path: str, token: str, answer: Connection) -> None:
    """Send the statements of one request through the connection `answer`."""
    from fastapi.testclient import TestClient

    with TestClient(app) as client:
        client.get("/ready/")  # so that the statements of a new connection are not included
        noted.clear()
        status = client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {}).status_code
        if status != 200:
            raise SystemExit(f"GET {path} answered {status}")
        answer.send(list(noted))


if __name__ == "__main__":
    main()
