"""The load: wrk, which sends the requests of a file and counts the responses."""

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
    """A request failed, so the figures are worthless; the message says which."""


@dataclass(frozen=True)
class Request:
    """A request in the file for wrk; `token` and `body` may be empty."""

    method: str
    path: str
    token: str = ""
    body: str = ""

    @property
    def line(self) -> str:
        """Its line of the file, see load.lua."""
        return "\t".join((self.method, self.path, self.token, self.body)) + "\n"


@dataclass(frozen=True)
class Sample:
    """One run of wrk: requests per second, and milliseconds until the response. Processor time per request
    is in milliseconds too, or None where it is unknown."""

    requests: int
    rate: float
    p50: float
    p99: float
    server_ms: float | None = None
    postgres_ms: float | None = None


def require_wrk() -> str:
    """The path of wrk. Raises LoadFailed if it is not installed."""
    path = shutil.which("wrk")
    if path is None:
        raise LoadFailed("wrk is not installed. On Debian: apt-get install wrk")
    return path


def find_version() -> str:
    """The version of wrk."""
    # `--version` also prints the usage, and exits with status 1.
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
    """Send the requests in turn, over several connections at once, until the seconds are over.

    Raises LoadFailed if a single response was an error or missing.
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
    """The last line that load.lua printed. Raises LoadFailed if it counts errors, or no response at all."""
    result = json.loads(printed.strip().splitlines()[-1])
    errors = {name: result[name] for name in ("refused", "connect", "read", "write", "timeout")}
    what = f"{first.method} {first.path}"
    if any(errors.values()):
        counted = ", ".join(f"{count} {name}" for name, count in errors.items() if count)
        raise LoadFailed(f"{what}: some of {result['requests']:,} requests failed: {counted}")
    if not result["requests"]:
        raise LoadFailed(f"{what}: no response")
    rate = result["requests"] / result["seconds"]
    return Sample(result["requests"], rate, result["p50"], result["p99"])
