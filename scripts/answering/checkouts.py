"""Commands and servers of a checkout, which is only used from outside."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

START_SECONDS = 60
STOP_SECONDS = 30
TIMEOUT_SECONDS = 60
SESSION_DAYS = 3650
# Shorter than a session, so that all tokens have the same lifetime.
TOKEN_MINUTES = (SESSION_DAYS - 365) * 24 * 60
# The name in `Host` and in links, so that no response contains the actual address of the server.
ADDRESS = "http://pamps.test"
SETTINGS = {
    "PAMPS_ENV": "development",
    "PAMPS_SERVER__url": ADDRESS,
    "PAMPS_SECURITY__secret_key": "a key that only signs what nobody needs to keep",
    "PAMPS_SECURITY__access_token_minutes": str(TOKEN_MINUTES),
    "PAMPS_SECURITY__refresh_token_minutes": str(TOKEN_MINUTES),
    "PAMPS_SECURITY__session_days": str(SESSION_DAYS),
    "PAMPS_SECURITY__bcrypt_rounds": "4",
    "PAMPS_LIMITS__enabled": "false",
}


class Failed(Exception):
    """Something failed that has to work; the message says what."""


@dataclass(frozen=True)
class Checkout:
    """A checkout with a `.venv`. Its commands use the database at `uri` and run in `folder`, which has no
    settings files."""

    path: Path
    uri: str
    folder: Path

    def run(self, *arguments: str) -> None:
        """Run a command of `pamps`; raises Failed unless it succeeds."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"`pamps {' '.join(arguments)}` of {self.path} failed:\n{done.stdout}{done.stderr}")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The URL of a server, which is stopped when the block ends."""
        port = find_free_port()
        log = self.folder / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self._command("serve", "--port", str(port)),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only us, and we stop its process group
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url, process, log)
            yield url
        finally:
            stop(process)

    def _command(self, *arguments: str) -> list[str]:
        return [str(self.path / ".venv/bin/python"), "-m", "pamps", *arguments]

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PAMPS_")}
        # PYTHONPATH, so that the code of the checkout is used, whatever its environment has installed.
        python = {"PYTHONPATH": str(self.path), "PYTHONUNBUFFERED": "1", "COLUMNS": "80"}
        return inherited | python | SETTINGS | {"PAMPS_DB__uri": self.uri}


def open_client(url: str, token: str | None = None) -> httpx2.Client:
    """A client that sends the configured `Host` of the server, signed in if there is a token."""
    headers = {"Host": ADDRESS.removeprefix("http://"), "User-Agent": "answers"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx2.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)


def find_free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; raises Failed if it ends or does not answer in time."""
    deadline = time.monotonic() + START_SECONDS
    with open_client(url) as client:
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.1)
            try:
                if client.get("/ready/").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
    raise Failed(f"The server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server, and kill it if it does not stop in time."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
