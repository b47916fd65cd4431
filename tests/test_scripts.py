"""run.sh and what it shares with test.sh, with a Python that only pretends: no package is downloaded."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY

pytestmark = [pytest.mark.skipif(not shutil.which("bash"), reason="the scripts need bash"), pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]

# Notes each call. `-m venv` copies it into .venv; $BREAK says where something goes wrong.
PRETENDER = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
    --version) echo "Python ${VERSION:-3.12.0}" ;;
    *version_info*) [ "${VERSION:-}" != 3.9.0 ] ;;
    *"import ensurepip"*) [ "${BREAK:-}" != ensurepip ] ;;
    *"import pip"*) [ -e .venv/pip ] ;;
    *"-m venv"*)
        rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python
        [ "${BREAK:-}" != interrupted ] || kill -KILL $PPID
        [ "${BREAK:-}" != venv ] || exit 1
        touch .venv/pip
        ;;
    *"-m pamps serve"*) echo "serving in $PWD: $*" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What run.sh needs of a checkout."""
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    files = ("run.sh", "scripts/venv.sh", "setup.py", "requirements.in", "requirements.txt")
    for name in (*files, "requirements-dev.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


@pytest.fixture
def run_sh(tmp_path: Path) -> Run:
    """`run_sh(script)`: run it from elsewhere; keyword arguments are environment variables."""
    python = tmp_path / "pretender"
    python.write_text(PRETENDER)
    python.chmod(0o700)

    def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        calls = {"PYTHON": str(python), "CALLS": str(tmp_path / "calls")}
        return subprocess.run(
            [str(script), *arguments],
            cwd=tmp_path,
            env={**os.environ, **calls, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def calls_of(folder: Path, words: str) -> int:
    return sum(words in line for line in (folder / "calls").read_text().splitlines())


def test_the_environment_is_made_by_the_first_start_only(checkout: Path, run_sh: Run, tmp_path: Path) -> None:
    first = run_sh(checkout / "run.sh", "--port", "1")
    made = calls_of(tmp_path, "")
    second = run_sh(checkout / "run.sh")

    assert first.stdout == f"serving in {checkout}: -m pamps serve --port 1\n"
    assert "about a minute, once" in first.stderr
    assert (second.returncode, second.stderr) == (0, "")
    assert calls_of(tmp_path, "") == made + 1


def test_a_link_to_it_serves_the_checkout(checkout: Path, run_sh: Run, tmp_path: Path) -> None:
    link = tmp_path / "serve"
    link.symlink_to(checkout / "run.sh")

    assert run_sh(link).stdout == f"serving in {checkout}: -m pamps serve\n"


def test_test_sh_finds_the_checkout_in_the_same_way() -> None:
    lines = [
        (REPOSITORY / name).read_text().split("\ncd ")[1].split("\n")[0] for name in ("run.sh", "test.sh")
    ]

    assert lines[0] == lines[1]


@pytest.mark.parametrize("how", ["interrupted", "venv"])
def test_a_half_made_environment_is_made_anew(checkout: Path, run_sh: Run, tmp_path: Path, how: str) -> None:
    failed = run_sh(checkout / "run.sh", BREAK=how)
    again = run_sh(checkout / "run.sh")

    assert failed.returncode != 0
    assert "serving" not in failed.stdout
    assert again.returncode == 0, again.stderr
    assert calls_of(tmp_path, "-m venv") == 2


def test_an_environment_without_pip_is_made_anew(checkout: Path, run_sh: Run, tmp_path: Path) -> None:
    run_sh(checkout / "run.sh")
    (checkout / ".venv/pip").unlink()
    (checkout / ".venv/installed-run").unlink()

    assert run_sh(checkout / "run.sh").returncode == 0
    assert calls_of(tmp_path, "-m venv") == 2


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Path, run_sh: Run, tmp_path: Path) -> None:
    run_sh(checkout / "run.sh")
    moved = checkout.rename(tmp_path / "moved")

    assert run_sh(moved / "run.sh").returncode == 0
    assert calls_of(tmp_path, "-m venv") == 2


def test_only_a_missing_ensurepip_is_blamed_on_debian(checkout: Path, run_sh: Run) -> None:
    missing = run_sh(checkout / "run.sh", BREAK="ensurepip")
    other = run_sh(checkout / "run.sh", BREAK="venv")

    assert "install python3-venv" in missing.stderr
    assert "python3-venv" not in other.stderr
    assert (missing.returncode, other.returncode) == (1, 1)


def test_a_python_that_does_not_fit_is_named(checkout: Path, run_sh: Run, tmp_path: Path) -> None:
    old = run_sh(checkout / "run.sh", VERSION="3.9.0")
    missing = run_sh(checkout / "run.sh", PYTHON="/no where/python")

    assert f"Tried: {tmp_path}/pretender (Python 3.9.0)." in old.stderr
    assert "Tried: /no where/python (does not run)." in missing.stderr
    assert (old.returncode, missing.returncode) == (1, 1)


def test_tests_that_run_alone_are_where_test_sh_looks() -> None:
    marker = "pytest.mark." + "load"
    folder = REPOSITORY / "tests"
    marked = [path for path in folder.rglob("*.py") if marker in path.read_text(encoding="utf-8")]

    assert {path.parent for path in marked} == {folder / "live"}
    assert 'pytest -m "load$also" tests/live' in (REPOSITORY / "test.sh").read_text(encoding="utf-8")
