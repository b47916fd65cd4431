"""What is measured is what `pamps serve` serves."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from benchmarks.serve import APP, in_place_of
from benchmarks.served import app
from pamps.app import app as real_app
from pamps.cli import main


def served_by(command: list[str], monkeypatch: pytest.MonkeyPatch, *, measured: bool) -> dict[str, Any]:
    """What uvicorn is told."""
    told: dict[str, Any] = {}

    def run(application: str, **options: object) -> None:
        told.update(options, application=application)

    monkeypatch.setattr("uvicorn.run", in_place_of(run) if measured else run)
    monkeypatch.setattr("pamps.services.schema.upgrade", lambda: None)
    assert CliRunner().invoke(main, command).exit_code == 0
    return told


def test_uvicorn_is_told_the_same_as_by_pamps_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["serve", "--port", "0", "--workers", "2"]

    real = served_by(command, monkeypatch, measured=False)
    measured = served_by(command, monkeypatch, measured=True)

    assert real.pop("application") == "pamps.app:app"
    assert measured.pop("application") == APP
    assert measured == real


def test_the_ceiling_is_the_only_difference() -> None:
    measured, real = app.openapi()["paths"], real_app.openapi()["paths"]

    assert measured.keys() - real.keys() == {"/ceiling/"}
    assert real.keys() <= measured.keys()
    assert TestClient(app).get("/ceiling/").json() == {"status": "ok"}
    assert [middleware.cls for middleware in app.user_middleware] == [
        middleware.cls for middleware in real_app.user_middleware
    ]
