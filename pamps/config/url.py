"""Validation of database URLs, without I/O. They may contain a password, so messages never quote them."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"sqlite", "sqlite+pysqlite", "postgresql+psycopg2"}


def normalise_uri(uri: str) -> str:
    """The URL with its driver named; raises ValueError for a URL that no engine can be created from."""
    # SQLAlchemy 2.1 would look for psycopg 3.
    for scheme in ("postgres://", "postgresql://"):
        if uri.startswith(scheme):
            uri = "postgresql+psycopg2://" + uri.removeprefix(scheme)
    url = _parse(uri)
    if url.get_backend_name() == "sqlite":
        _check_sqlite(url)
    else:
        _check_postgresql(url)
    return uri


def database_file(url: URL) -> str | None:
    """The file path in a SQLite URL; None for PostgreSQL."""
    return url.database if url.get_backend_name() == "sqlite" else None


def _parse(uri: str) -> URL:
    """Parse the URL, and reject databases and drivers that Pamps does not support."""
    try:
        url = make_url(uri)
    except ArgumentError:
        raise ValueError("Input should be a SQLAlchemy URL of sqlite or postgresql") from None
    except ValueError:  # the port is not a number; an unclosed bracket raises the same
        raise _malformed() from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("Input should be a SQLAlchemy URL of sqlite or postgresql")
    if url.drivername not in DRIVERS:
        raise ValueError("Input should name no driver, or pysqlite for sqlite and psycopg2 for postgresql")
    return url


def _check_sqlite(url: URL) -> None:
    """Reject anything but a plain file: in memory, every connection would have its own database."""
    path = url.database or ""
    if url.host is not None or path in ("", ":memory:") or path.startswith("file:") or url.query:
        raise ValueError("Input should name a file and no options, as in sqlite:///pamps.db")


def _check_postgresql(url: URL) -> None:
    """Reject hosts and ports that the driver cannot handle."""
    if url.port is not None and not 0 < url.port < 65536:
        raise _malformed()
    # What follows the first @ of an unencoded password is parsed as the host.
    if "@" in (url.host or ""):
        raise _malformed()
    try:
        url.get_dialect()().create_connect_args(url)
    except ArgumentError:  # several servers, whose hosts and ports in the query do not match
        raise _malformed() from None


def _malformed() -> ValueError:
    return ValueError(
        "the host or the port cannot be read; is every special character of the password percent-encoded?"
    )
