"""The load: wrk, which sends what a file says and counts what comes back."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 16
TIMEOUT_SECONDS = 10


class LoadFailed(Exception):
    """Something else came back than was asked for, so nothing that was measured is worth anything."""


@dataclass(frozen=True)
class Request:
    """One request, as the file for wrk holds it; `token` and `body` may be empty."""

    method: str
    path: str
    token: str = ""
    body: str = ""

    @property
    def line(self) -> str:
        """The line of the file: see load.lua."""
        return "\t".join((self.method, self.path, self.token, self.body)) + "\n"


@dataclass(frozen=True)
class Sample:
    """What one run of wrk measured: requests a second, and milliseconds of an answer."""

    requests: int
    rate: float
    p50: float
    p99: float


def require_wrk() -> str:
    """Where wrk is; raises LoadFailed where it is missing."""
    path = shutil.which("wrk")
    if path is None:
        raise LoadFailed("wrk is missing, which makes the load. On Debian: apt-get install wrk")
    return path


def find_version() -> str:
    """The version of wrk."""
    # It knows no option for that: it prints the version and how to use it, and exits with status 1.
    run = subprocess.run([require_wrk(), "--version"], capture_output=True, text=True, check=False)
    return next((word for word in run.stdout.split() if word[:1].isdigit() or "/" in word), "unknown")


def send(
    url: str,
    requests: Sequence[Request],
    folder: Path,
    *,
    seconds: int,
    connections: int = CONNECTIONS,
) -> Sample:
    """Send the requests in turn, for so many seconds, over so many connections at once.

    Raises LoadFailed if a single answer was an error or did not come.
    """
    file = folder / "requests"
    file.write_text("".join(request.line for request in requests), encoding="utf-8")
    options = [f"-c{connections}", "-t1", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s", f"-s{SCRIPT}"]
    run = subprocess.run(
        [require_wrk(), *options, url, "--", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 6 * TIMEOUT_SECONDS,
    )
    if run.returncode:
        raise LoadFailed(f"wrk failed: {run.stderr.strip() or run.stdout.strip()}")
    return read_sample(run.stdout, requests[0])


def read_sample(printed: str, first: Request) -> Sample:
    """What load.lua printed last; raises LoadFailed if there was an error in it, or no answer at all."""
    result = json.loads(printed.strip().splitlines()[-1])
    errors = {name: result[name] for name in ("refused", "connect", "read", "write", "timeout")}
    what = f"{first.method} {first.path}"
    if any(errors.values()):
        counted = ", ".join(f"{count} {name}" for name, count in errors.items() if count)
        raise LoadFailed(f"{what}: of {result['requests']:,} requests some went wrong: {counted}")
    if not result["requests"]:
        raise LoadFailed(f"{what}: there was no answer")
    rate = result["requests"] / result["seconds"]
    return Sample(result["requests"], rate, result["p50"], result["p99"])
