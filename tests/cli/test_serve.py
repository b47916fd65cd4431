"""`pamps serve`: what it refuses, and how it introduces itself."""

import socket

import pytest
from sqlalchemy import text
from sqlmodel import create_engine

from pamps import __version__
from pamps.cli.server import introduce
from pamps.config import PUBLISHED_KEY, settings
from tests.cli.conftest import Run, assert_one_red_line


@pytest.mark.parametrize("command", [("migrate",), ("serve", "--port", "0")])
def test_the_database_of_a_newer_pamps_is_one_red_line(
    migrated: Run, database_uri: str, command: tuple[str, ...]
) -> None:
    engine = create_engine(database_uri)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    assert_one_red_line(
        migrated(*command), "at migration 9999, which this Pamps does not know: install a newer"
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("family", "host", "address"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET, "localhost", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1"),
    ],
)
def test_a_port_in_use_is_one_red_line(
    pamps: Run, family: socket.AddressFamily, host: str, address: str
) -> None:
    with socket.socket(family) as other:
        try:
            other.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        other.listen()
        port = str(other.getsockname()[1])

        run = pamps("serve", "--host", host, "--port", port)

    assert_one_red_line(run, f"Port {port} of {host} is in use; choose another with --port.")


@pytest.mark.once
@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b"])
def test_an_unknown_host_is_one_red_line(pamps: Run, host: str) -> None:
    assert_one_red_line(pamps("serve", "--host", host), f"Cannot resolve the host name {host}")


@pytest.mark.once
def test_an_address_of_another_machine_is_one_red_line(pamps: Run) -> None:
    """192.0.2.0/24 is nobody's (RFC 5737)."""
    assert_one_red_line(pamps("serve", "--host", "192.0.2.1", "--port", "0"), "of 192.0.2.1: ")


@pytest.mark.once
@pytest.mark.parametrize(
    ("host", "key", "warned"),
    [
        ("127.0.0.1", PUBLISHED_KEY, False),
        ("::1", PUBLISHED_KEY, False),
        ("0.0.0.0", PUBLISHED_KEY, True),  # noqa: S104 - nothing listens
        ("0.0.0.0", "k" * 40, False),  # noqa: S104
    ],
)
def test_serve_introduces_itself_and_warns_of_the_published_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str, key: str, warned: bool
) -> None:
    db = settings.db.model_copy(update={"uri": "postgresql+psycopg2://me:secret@db/pamps?password=secret"})
    security = settings.security.model_copy(update={"secret_key": key})
    monkeypatch.setattr("pamps.config.settings", settings.model_copy(update={"db": db, "security": security}))

    introduce(host, 8123)
    shown = capsys.readouterr().err

    address = "[::1]" if host == "::1" else host
    assert shown.splitlines()[0] == (
        f"Pamps {__version__} (testing) on postgresql+psycopg2://me:***@db/pamps,"
        f" docs at http://{address}:8123/docs"
    )
    assert ("anyone can sign in" in shown) is warned
    assert "secret@" not in shown
