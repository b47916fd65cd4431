"""The output of wrk, and a load that fails."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.server import running_server
from benchmarks.wrk import LoadFailed, Request, read_sample

pytestmark = pytest.mark.once

FIRST = Request("GET", "/post/")


def printed(**changes: float) -> str:
    """What wrk and load.lua print."""
    errors = dict.fromkeys(("refused", "connect", "read", "write", "timeout"), 0)
    result = {"seconds": 2.0, "requests": 500, "p50": 3.5, "p99": 9.0} | errors | changes
    return f"Running 2s test\n  Requests/sec: 250\n\n{json.dumps(result)}\n"


def test_a_sample_holds_what_wrk_counted() -> None:
    sample = read_sample(printed(), FIRST)

    assert (sample.requests, sample.rate, sample.p50, sample.p99) == (500, 250.0, 3.5, 9.0)


@pytest.mark.parametrize("error", ["refused", "connect", "read", "write", "timeout"])
def test_a_single_error_is_a_failure(error: str) -> None:
    with pytest.raises(LoadFailed, match=f"GET /post/: some of 500 requests failed: 1 {error}"):
        read_sample(printed(**{error: 1}), FIRST)


def test_no_response_at_all_is_a_failure() -> None:
    with pytest.raises(LoadFailed, match="no response"):
        read_sample(printed(requests=0), FIRST)


needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk")


@needs_wrk
def test_a_real_load_is_counted(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path / "server") as server:
        sample = server.load([Request("GET", "/constant/"), FIRST], seconds=1, connections=2)

    assert sample.requests > 10
    assert 0 < sample.p50 <= sample.p99
    assert server.process.returncode is not None


@needs_wrk
def test_a_failed_load_comes_with_the_problems_of_the_server(database_uri: str, tmp_path: Path) -> None:
    def load_without_token() -> None:
        with running_server(database_uri, tmp_path / "server") as server:
            server.load([Request("GET", "/user/me/")], seconds=1, connections=2)

    with pytest.raises(LoadFailed, match="refused") as failure:
        load_without_token()

    assert '"GET /user/me/ HTTP/1.1" 401' in failure.value.__notes__[0]
