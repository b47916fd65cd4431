"""PostgreSQL schemas used as separate databases. Must not import pamps, whose settings are not read yet."""

from sqlalchemy import URL, create_engine, make_url, text


def own_schema(uri: str, name: str) -> str:
    """Create an empty schema, replacing an existing one; returns a URI that uses it."""
    _execute(uri, f"DROP SCHEMA IF EXISTS {name} CASCADE", f"CREATE SCHEMA {name}")
    url = _with_driver(uri).update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)


def drop_schema(uri: str, name: str) -> None:
    """Drop a schema and its contents."""
    _execute(uri, f"DROP SCHEMA {name} CASCADE")


def _with_driver(uri: str) -> URL:
    return make_url(uri).set(drivername="postgresql+psycopg2")


def _execute(uri: str, *statements: str) -> None:
    engine = create_engine(_with_driver(uri))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
