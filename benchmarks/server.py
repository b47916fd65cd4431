"""The servers that are measured: started in processes of their own, and stopped again."""

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

from benchmarks import bare
from benchmarks.wrk import LoadFailed, Request, Sample, send

REPOSITORY = Path(__file__).parent.parent
LISTENING = re.compile(r"Uvicorn running on (http://[\d.]+:\d+)")
# Log lines that are not problems: successful requests, and the start of the server.
WELL = re.compile(r'INFO: +(.*" 2\d\d|[A-Z][a-z])|Pamps ')
START_SECONDS = 60
STOP_SECONDS = 30
TIMEOUT_SECONDS = 60
DEMO_PASSWORD = "demo password"  # noqa: S105 - of fictitious users

# Shared by all processes of a run, so that a token from one is valid in all of them.
KEY = secrets.token_urlsafe(48)
# All other settings have their defaults.
SETTINGS = {
    "PAMPS_ENV": "development",
    "PAMPS_LIMITS__enabled": "false",  # nobody posts this fast
    "PAMPS_SECURITY__access_token_minutes": "240",  # longer than a run takes
}


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`; `folder` holds its log and the requests for wrk. The bare application
    has no `uri`, because it has no database."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path
    uri: str = ""

    def client(self, token: str = "") -> httpx2.Client:
        """A client with its own connection, signed in if there is a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_SECONDS, verify=False)

    def log_in(self, username: str, password: str = DEMO_PASSWORD) -> str:
        """An access token for this user."""
        with self.client() as client:
            return str(ask(client, "POST", "/token", username=username, password=password)["access_token"])

    def load(self, requests: Sequence[Request], *, seconds: int, connections: int) -> Sample:
        """Have wrk send the requests. Raises LoadFailed if any response was an error."""
        return send(self.url, requests, self.folder, seconds=seconds, connections=connections)

    def warm(self, request: Request, times: int = 20) -> None:
        """Send a request several times, so that nothing happens for the first time while it is measured."""
        with self.client(request.token) as client:
            for _ in range(times):
                client.request(request.method, request.path)

    def complaints(self, number: int = 15) -> str:
        """The last lines of the log that report a problem."""
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([line for line in lines if not WELL.match(line)][-number:])

    @property
    def memory(self) -> float:
        """Resident memory (RSS) in megabytes, of a server with one worker."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kibibytes) * 1024 / 1e6


def ask(client: httpx2.Client, method: str, path: str, **form: str) -> dict[str, str]:
    """The object in the response. Raises LoadFailed if it is an error."""
    answer = client.request(method, path, data=form or None)
    if not answer.is_success:
        raise LoadFailed(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return dict(answer.json())


def environment(uri: str, **settings: str) -> dict[str, str]:
    """The environment of a process that works on this database, free of other settings of Pamps."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PAMPS_")}
    own = {"PAMPS_DB__uri": uri, "PAMPS_SECURITY__secret_key": KEY}
    python = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    return inherited | python | SETTINGS | own | settings


@contextmanager
def running_server(uri: str, folder: Path, *, workers: int = 1, **settings: str) -> Iterator[Server]:
    """Serve the database until the block ends. `folder` is created.

    If LoadFailed leaves the block, the problems in the server's log are added to it as a note.
    """
    command = ["benchmarks.serve", "--port=0", f"--workers={workers}"]
    with _running(command, folder, "/ready/", uri, **settings) as server:
        yield server


@contextmanager
def running_bare(folder: Path) -> Iterator[Server]:
    """Serve the bare application until the block ends. `folder` is created."""
    with _running(["benchmarks.bare"], folder, bare.PATH) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], folder: Path, probe: str, uri: str = "", **settings: str
) -> Iterator[Server]:
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,  # so that the settings of the repository do not apply
            env=environment(uri, **settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only us, and we stop it; its workers share its session
        )
    try:
        server = Server(wait_until_ready(process, folder, probe), process, folder, uri)
        try:
            yield server
        except LoadFailed as error:
            if complaints := server.complaints():
                error.add_note(f"Last problems in the log of {folder.name}:\n{complaints}")
            raise
    finally:
        stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], folder: Path, probe: str) -> str:
    """The URL of the server, once the path `probe` answers. Raises LoadFailed if it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
        found = LISTENING.search((folder / "log").read_text(encoding="utf-8", errors="replace"))
        if found and is_ready(found[1] + probe):
            return found[1]
    raise LoadFailed(f"The server did not start:\n{(folder / 'log').read_text(encoding='utf-8')}")


def is_ready(address: str) -> bool:
    """Whether the application answers there, and not only the socket."""
    try:
        return httpx2.get(address, timeout=TIMEOUT_SECONDS, verify=False).status_code == 200
    except httpx2.TransportError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the process, which stops its workers. If that takes too long, kill them all."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
