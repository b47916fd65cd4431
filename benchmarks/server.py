"""The server that is measured, in processes of its own, which are started and stopped here."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.wrk import LoadFailed, Request, Sample, send

REPOSITORY = Path(__file__).parent.parent
LISTENING = re.compile(r"Uvicorn running on (http://[\d.]+:\d+)")
# Lines of the log: requests that were answered with success, and the start.
WELL = re.compile(r'INFO: +(.*" 2\d\d|[A-Z][a-z])|Pamps ')
START_SECONDS = 60
STOP_SECONDS = 30
TIMEOUT_SECONDS = 60
DEMO_PASSWORD = "demo password"  # noqa: S105 - of people who do not exist

# All processes of a run take the tokens that one of them made.
KEY = secrets.token_urlsafe(48)
# How it is set up. Everything that is not here has its default.
SETTINGS = {
    "PAMPS_ENV": "development",
    "PAMPS_LIMITS__enabled": "false",  # nobody writes so much so fast
    "PAMPS_SECURITY__access_token_minutes": "240",  # longer than a run takes
}


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`, with its log and what wrk is to send in `folder`."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path

    def client(self, token: str = "") -> httpx2.Client:
        """A client with a connection of its own, signed in if it has a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_SECONDS, verify=False)

    def log_in(self, username: str, password: str = DEMO_PASSWORD) -> str:
        """An access token of somebody."""
        with self.client() as client:
            return str(ask(client, "POST", "/token", username=username, password=password)["access_token"])

    def load(self, requests: Sequence[Request], *, seconds: int, connections: int) -> Sample:
        """Have wrk send the requests; raises LoadFailed if any answer was an error."""
        return send(self.url, requests, self.folder, seconds=seconds, connections=connections)

    def warm(self, request: Request, times: int = 20) -> None:
        """Send a request some times, so that nothing is done for the first time when it is measured."""
        with self.client(request.token) as client:
            for _ in range(times):
                client.request(request.method, request.path)

    def complaints(self, number: int = 15) -> str:
        """The last lines of its log that are not about something that went well."""
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([line for line in lines if not WELL.match(line)][-number:])

    @property
    def memory(self) -> float:
        """The megabytes that a server with one worker holds in memory (RSS)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kibibytes) * 1024 / 1e6


def ask(client: httpx2.Client, method: str, path: str, **form: str) -> dict[str, str]:
    """The object that an address answers with; raises LoadFailed for an error."""
    answer = client.request(method, path, data=form or None)
    if not answer.is_success:
        raise LoadFailed(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return dict(answer.json())


def environment(uri: str, **settings: str) -> dict[str, str]:
    """The environment of a process that works on the database, without what is set for Pamps elsewhere."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PAMPS_")}
    own = {"PAMPS_DB__uri": uri, "PAMPS_SECURITY__secret_key": KEY}
    python = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    return inherited | python | SETTINGS | own | settings


@contextmanager
def running_server(uri: str, folder: Path, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """Serve the database until the block ends, however it ends. `folder` is made, and is to be its own.

    A LoadFailed that leaves the block gets the complaints of the server as a note.
    """
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serve", "--port=0", f"--workers={workers}"],
            cwd=folder,  # settings of the repository do not count
            env=environment(uri, **settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who stop it then; and it is a group of its own
        )
    try:
        server = wait_until_ready(process, folder)
        try:
            yield server
        except LoadFailed as error:
            if complaints := server.complaints():
                error.add_note(f"{folder.name} wrote last:\n{complaints}")
            raise
    finally:
        stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> Server:
    """The server, once it answers; raises LoadFailed if it does not come to that."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
        found = LISTENING.search((folder / "log").read_text(encoding="utf-8", errors="replace"))
        if found and is_ready(found[1]):
            return Server(found[1], process, folder)
    raise LoadFailed(f"The server did not start:\n{(folder / 'log').read_text(encoding='utf-8')}")


def is_ready(url: str) -> bool:
    """Whether all of it works, not only the socket."""
    try:
        return httpx2.get(f"{url}/ready/", timeout=TIMEOUT_SECONDS, verify=False).status_code == 200
    except httpx2.TransportError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the process, which stops its workers; all of them at once if that takes too long."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
