"""Importing Pamps makes no file, no engine, and asks for no settings that it need not have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY

pytestmark = pytest.mark.once

IMPORT_ALL = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
from pamps.config import settings
from pamps.db import has_database
print(has_database(), settings._loaded is not None)
"""
# Applications say how many requests they take at once, and which middleware they have.
READ_SETTINGS = ("pamps.app", "pamps.auth", "pamps.http", "pamps.routes", "pamps.web")


def modules() -> list[str]:
    """Every module of Pamps, except those that run when they are imported."""
    names = {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for path in (REPOSITORY / "pamps").rglob("*.py")
    }
    return sorted(names - {"pamps.__main__"})


def import_in(folder: Path, names: list[str]) -> str:
    """Import modules in a new process, and return what it says about the database and the settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAMPS_")}
    environment["PYTHONPATH"] = str(REPOSITORY)
    command = [sys.executable, "-c", IMPORT_ALL, *names]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_everything_leaves_nothing_behind(tmp_path: Path) -> None:
    assert len(modules()) > 100
    assert import_in(tmp_path, modules()).startswith("False ")
    assert list(tmp_path.iterdir()) == []


def test_only_the_application_reads_settings_when_imported(tmp_path: Path) -> None:
    others = [name for name in modules() if not name.startswith(READ_SETTINGS)]

    assert len(others) > 80
    assert import_in(tmp_path, others) == "False False"
