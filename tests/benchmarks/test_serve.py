"""What is measured: the application that `pamps serve` serves, and a bare one."""

import subprocess
import sys
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from benchmarks import bare
from benchmarks.lines import CEILING_LINE, CONSTANT_LINES
from benchmarks.serve import APP, in_place_of
from benchmarks.served import app
from pamps.app import app as real_app
from pamps.cli import main


def served_by(command: list[str], monkeypatch: pytest.MonkeyPatch, *, measured: bool) -> dict[str, Any]:
    """The application and the options that uvicorn gets."""
    told: dict[str, Any] = {}

    def run(application: str, **options: object) -> None:
        told.update(options, application=application)

    monkeypatch.setattr("uvicorn.run", in_place_of(run) if measured else run)
    monkeypatch.setattr("pamps.services.schema.upgrade", lambda: None)
    assert CliRunner().invoke(main, command).exit_code == 0
    return told


def test_uvicorn_gets_the_same_options_as_from_pamps_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["serve", "--port", "0", "--workers", "2"]

    real = served_by(command, monkeypatch, measured=False)
    measured = served_by(command, monkeypatch, measured=True)

    assert real.pop("application") == "pamps.app:app"
    assert measured.pop("application") == APP
    assert measured == real


def test_the_ceiling_differs_only_by_its_access_log(monkeypatch: pytest.MonkeyPatch) -> None:
    real = served_by(["serve", "--port", "0", "--workers", "1"], monkeypatch, measured=False)

    assert real.pop("application") != bare.APP
    assert real.pop("log_config")  # the access log of Pamps
    assert real == bare.OPTIONS


def test_the_ceiling_has_nothing_of_pamps() -> None:
    check = "import sys, benchmarks.bare; print([name for name in sys.modules if name.startswith('pamps')])"

    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"


def test_the_constant_is_the_only_difference() -> None:
    measured, real = app.openapi()["paths"], real_app.openapi()["paths"]

    assert measured.keys() - real.keys() == {"/constant/"}
    assert real.keys() <= measured.keys()
    assert [middleware.cls for middleware in app.user_middleware] == [
        middleware.cls for middleware in real_app.user_middleware
    ]


def test_the_constants_are_the_same() -> None:
    ceiling = TestClient(bare.app).get(CEILING_LINE.requests[0].path)
    constants = [TestClient(app).get(line.requests[0].path) for line in CONSTANT_LINES]

    assert [answer.json() for answer in (ceiling, *constants)] == [{"status": "ok"}] * 3
