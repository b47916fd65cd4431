"""Empty databases for tests that need one of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text
from sqlmodel import create_engine

from pamps.config import settings


@contextmanager
def empty_database(test_uri: str, folder: Path) -> Iterator[str]:
    """A SQLite file in `folder`, or where `test_uri` names a PostgreSQL a schema of its own in it."""
    if not test_uri:
        yield f"sqlite:///{folder}/pamps.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(settings.db.uri)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    url = make_url(settings.db.uri).update_query_dict({"options": f"-csearch_path={name}"})
    yield url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()
