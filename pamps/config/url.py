"""Pure: which database URLs Pamps can use. They may hold a password, so no message repeats a part of one."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"sqlite", "sqlite+pysqlite", "postgresql+psycopg2"}


def normalise_uri(uri: str) -> str:
    """The URL with its driver named. Raises ValueError where no engine could be made of it."""
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
    """The path of the file that a URL of SQLite names; None for PostgreSQL."""
    return url.database if url.get_backend_name() == "sqlite" else None


def _parse(uri: str) -> URL:
    """Take the URL apart, and refuse databases and drivers that Pamps does not bring along."""
    try:
        url = make_url(uri)
    except ArgumentError:
        raise ValueError("Input should be a SQLAlchemy URL of sqlite or postgresql") from None
    except ValueError:  # the port is not a number, which a bracket left open looks like too
        raise _malformed() from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("Input should be a SQLAlchemy URL of sqlite or postgresql")
    if url.drivername not in DRIVERS:
        raise ValueError("Input should name no driver, or pysqlite for sqlite and psycopg2 for postgresql")
    return url


def _check_sqlite(url: URL) -> None:
    """Refuse what is not a plain file: in memory every connection would have a database of its own."""
    path = url.database or ""
    if url.host is not None or path in ("", ":memory:") or path.startswith("file:") or url.query:
        raise ValueError("Input should name a file and no options, as in sqlite:///pamps.db")


def _check_postgresql(url: URL) -> None:
    """Refuse hosts and ports that the driver would stumble over."""
    if url.port is not None and not 0 < url.port < 65536:
        raise _malformed()
    # What follows the first @ of a password that is not encoded is taken for the host.
    if "@" in (url.host or ""):
        raise _malformed()
    try:
        url.get_dialect()().create_connect_args(url)
    except ArgumentError:  # hosts and ports in the options, one for each of several servers
        raise _malformed() from None


def _malformed() -> ValueError:
    return ValueError(
        "the host or the port cannot be read; is every special character of the password percent-encoded?"
    )
