"""Empty databases for tests that need one of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.schemas import drop_schema, own_schema


@contextmanager
def empty_database(test_uri: str, folder: Path) -> Iterator[str]:
    """A SQLite file in `folder`, or where `test_uri` names a PostgreSQL a schema of its own in it."""
    if not test_uri:
        yield f"sqlite:///{folder}/pamps.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    yield own_schema(test_uri, name)
    drop_schema(test_uri, name)
