"""A wheel works without the checkout: in an empty environment, in an empty folder."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY, running_server


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what git would clone, so that files lying about in the checkout play no part."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in filter(None, files.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((REPOSITORY / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("pamps-*.whl"))


def test_the_wheel_carries_settings_and_migrations_but_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"pamps/default.toml", "pamps/migrations/env.py", "pamps/migrations/script.py.mako"} <= names
    versions = {path.name for path in (REPOSITORY / "migrations" / "versions").glob("*.py")}
    assert versions <= {Path(name).name for name in names if name.startswith("pamps/migrations/versions/")}
    assert {name.split("/")[0].split("-")[0] for name in names} == {"pamps"}


def test_a_wheel_migrates_and_serves_in_an_empty_folder(
    wheel: Path, database_uri: str, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    # The wheel, and the requirements that are installed here: nothing of the checkout.
    site = site_packages(str(python))
    zipfile.ZipFile(wheel).extractall(site)
    (site / "requirements.pth").write_text(f"{site_packages(sys.executable)}\n")
    folder = tmp_path / "empty"
    folder.mkdir()

    with running_server(database_uri, folder, python=python, PAMPS_ENV="development") as server:
        token = server.register("ana")
        with server.client(token) as client:
            assert client.post("/post/", json={"text": "Hello."}).status_code == 201
            assert client.get("/docs").status_code == 200


def site_packages(python: str) -> Path:
    """Where that interpreter has its libraries."""
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
