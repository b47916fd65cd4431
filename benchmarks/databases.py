"""The databases that are measured: filled by `pamps demo`, kept between runs, and copied for writes.

A kept database is identified by its recipe, the migrations and the code of the demo. When one of these
changes, it is filled again.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postgres import Postgres
from benchmarks.progress import say
from benchmarks.server import REPOSITORY, environment

SEED = 1
UNTIL = "2026-01-01"
PREFIX = "pamps_bench_"
DEMO_CODE = (
    "migrations/versions/*.py",
    "pamps/demo/*.py",
    "pamps/*/search_index.py",
    "pamps/text/entities.py",
    "pamps/text/tokenizer.py",
)


class FillingFailed(Exception):
    """A command of Pamps failed; the message contains its output."""


@dataclass(frozen=True)
class Recipe:
    """A demo: the options of `pamps demo`, besides the seed and the date, which are always the same."""

    users: int
    posts: int

    @property
    def arguments(self) -> list[str]:
        """The options of `pamps demo`."""
        return [f"--users={self.users}", f"--posts={self.posts}", f"--seed={SEED}", f"--until={UNTIL}"]

    @property
    def name(self) -> str:
        """The prefix of the names of all databases of this size."""
        return f"{PREFIX}{self.users}_{self.posts}"


@dataclass(frozen=True)
class Extras:
    """Additions to a demo: `build` makes them in the database of a given name; `key` changes when they do."""

    name: str
    key: str
    build: Callable[[str], None]


class Store:
    """The kept databases, on a PostgreSQL server and as SQLite files in a folder."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        self.postgres = postgres
        self.folder = folder
        self._times = folder / "filled.json"

    def forget(self) -> None:
        """Drop all kept databases."""
        for name in self.postgres.list_databases(PREFIX):
            self.postgres.drop(name)
        for file in self.folder.glob(f"*{PREFIX}*.db*"):
            file.unlink()

    def fill_postgres(self, recipe: Recipe) -> str:
        """The name of a database with the demo, which is filled if needed."""
        prefix, key = f"{recipe.name}_demo_", make_key(*recipe.arguments)

        def fill(new: str) -> None:
            self.postgres.create(new)
            self._run_demo(self.postgres.uri(new), prefix + key, recipe)

        return self._keep(prefix, key, fill)

    def fill_postgres_more(self, recipe: Recipe, extras: Extras) -> str:
        """The name of a database with the demo and the extras, which is filled if needed."""
        demo = self.fill_postgres(recipe)

        def fill(new: str) -> None:
            say(f"Adding what no demo has to {demo}")
            self.postgres.create(new, demo)
            extras.build(new)

        return self._keep(f"{recipe.name}_{extras.name}_", make_key(*recipe.arguments, extras.key), fill)

    def fill_sqlite(self, recipe: Recipe) -> Path:
        """The path of a SQLite file with the demo, which is filled if needed."""
        name = f"{recipe.name}_{make_key(*recipe.arguments)}.db"
        path, new = self.folder / name, self.folder / f"new-{name}"
        if not path.exists():
            for old in self.folder.glob(f"*{recipe.name}_*.db*"):
                old.unlink()
            self._run_demo(f"sqlite:///{new}", name, recipe)
            new.rename(path)
        return path

    def seconds_to_fill(self, recipe: Recipe) -> dict[str, float]:
        """Seconds that `pamps demo` took for the databases of this recipe, by database system."""
        key = make_key(*recipe.arguments)
        names = {"PostgreSQL": f"{recipe.name}_demo_{key}", "SQLite": f"{recipe.name}_{key}.db"}
        times = self._read_times()
        return {kind: times[name] for kind, name in names.items() if name in times}

    @contextmanager
    def copied(self, database: str) -> Iterator[str]:
        """The name of a copy, which is dropped when the block ends."""
        name = f"{PREFIX}copy"
        self.postgres.drop(name)
        say(f"Copying {database}")
        self.postgres.create(name, database)
        try:
            yield name
        finally:
            self.postgres.drop(name)

    def _keep(self, prefix: str, key: str, fill: Callable[[str], None]) -> str:
        """The name of the kept database, or of a new one that replaces older ones."""
        name, new = prefix + key, prefix + "new"
        known = self.postgres.list_databases(prefix)
        if name not in known:
            for old in known:
                self.postgres.drop(old)
            fill(new)
            self.postgres.fetch("VACUUM (ANALYZE)", database=new)  # as autovacuum would within minutes
            self.postgres.rename(new, name)  # only now it is valid: an interrupted one is filled again
        return name

    def _run_demo(self, uri: str, name: str, recipe: Recipe) -> None:
        """Fill a database, and store how long that took."""
        say(f"Filling {name}")
        started = time.monotonic()
        run_pamps(uri, self.folder, "demo", *recipe.arguments)
        times = self._read_times() | {name: time.monotonic() - started}
        self._times.write_text(json.dumps(times, indent=1), encoding="utf-8")

    def _read_times(self) -> dict[str, float]:
        with suppress(FileNotFoundError):
            return dict(json.loads(self._times.read_text(encoding="utf-8")))
        return {}


def make_key(*parts: str) -> str:
    """A short digest of the parts, the migrations, and the code of the demo and of the index."""
    digest = hashlib.sha256("\0".join(parts).encode())
    for pattern in DEMO_CODE:
        for file in sorted(REPOSITORY.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:10]


def run_pamps(uri: str, folder: Path, *arguments: str) -> None:
    """Run a command of Pamps on a database, showing its progress. Raises FillingFailed if it fails."""
    command = [sys.executable, "-m", "pamps", *arguments]
    env = environment(uri)
    run = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        raise FillingFailed(f"`pamps {' '.join(arguments)}` failed, see above. {run.stdout}".strip())


@contextmanager
def copied_file(path: Path, folder: Path) -> Iterator[str]:
    """The URI of a copy of a SQLite database, in a folder that is removed when the block ends."""
    folder.mkdir()
    try:
        shutil.copy(path, folder / "pamps.db")
        yield f"sqlite:///{folder / 'pamps.db'}"
    finally:
        shutil.rmtree(folder)
