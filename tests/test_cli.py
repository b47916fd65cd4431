"""The admin CLI: the same rules as the API, one red line for every failure."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import create_engine

from pamps import __version__
from tests.conftest import TEST_URI
from tests.databases import empty_database
from tests.server import REPOSITORY

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pamps(database_uri: str) -> Run:
    """`pamps("user-list")` on an empty database; keyword arguments are environment variables."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pamps", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PAMPS_DB__uri": database_uri, "COLUMNS": "80", **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def migrated(pamps: Run) -> Run:
    """The same on a database with tables."""
    assert pamps("migrate").returncode == 0
    return pamps


def assert_one_red_line(run: subprocess.CompletedProcess[str], words: str) -> None:
    assert run.returncode == 1
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""


def test_version(pamps: Run) -> None:
    assert pamps("--version").stdout == f"pamps {__version__}\n"


def test_help_and_version_need_no_settings(pamps: Run) -> None:
    assert pamps("--version", PAMPS_ENV="broken").returncode == 0
    assert "create-user" in pamps("--help", PAMPS_ENV="broken").stdout


def test_broken_settings_are_one_line(pamps: Run) -> None:
    assert_one_red_line(pamps("user-list", PAMPS_ENV="broken"), "PAMPS_ENV is 'broken'")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "No such command"),
        (("--nonsense",), "No such option"),
        (("create-user",), "Missing argument"),
        (("serve", "--port", "x"), "Invalid value for '--port'"),
    ],
)
def test_misuse_is_one_red_line(pamps: Run, arguments: tuple[str, ...], words: str) -> None:
    assert_one_red_line(pamps(*arguments), words)


def test_alone_it_shows_its_help(pamps: Run) -> None:
    run = pamps()

    assert run.returncode == 0
    assert "create-user" in run.stdout


def test_a_long_address_is_shown_whole(migrated: Run) -> None:
    migrated("create-user", f"{'a' * 40}@example.com", "ana", "a long password")

    rows = [line for line in migrated("user-list").stdout.splitlines() if line.startswith("│")]

    assert "".join(row.split("│")[3].strip() for row in rows) == f"{'a' * 40}@example.com"


def test_a_database_without_tables_says_what_to_do(pamps: Run) -> None:
    assert_one_red_line(pamps("user-list"), "Run `pamps migrate` first.")


def test_a_database_that_is_not_there_is_one_line(pamps: Run) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"

    assert_one_red_line(pamps("user-list", PAMPS_DB__uri=nowhere), "The database refused")


def test_create_user_and_list(migrated: Run) -> None:
    made = migrated("create-user", "ana@example.com", "Ana", "a long password", "--superuser")
    listed = json.loads(migrated("user-list", "--json").stdout)
    table = migrated("user-list").stdout

    assert made.returncode == 0, made.stderr
    assert [(user["username"], user["email"], user["superuser"]) for user in listed] == [
        ("Ana", "ana@example.com", True)
    ]
    assert "Ana" in table
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "password" not in listed[0]


def test_a_taken_name_is_one_red_line(migrated: Run) -> None:
    migrated("create-user", "ana@example.com", "ana", "a long password")

    assert_one_red_line(migrated("create-user", "new@example.com", "ANA", "a long password"), "is taken")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense", "ana", "a long password"), "email: This is not a valid e-mail address"),
        (("ana@example.com", "timeline", "a long password"), "username: This name is reserved"),
        (("ana@example.com", "ana", "abc"), "password: String should have at least 4 characters"),
    ],
)
def test_the_rules_are_those_of_the_api(migrated: Run, arguments: tuple[str, ...], words: str) -> None:
    assert_one_red_line(migrated("create-user", *arguments), words)


def test_the_password_is_asked_for_twice_and_hidden(migrated: Run, database_uri: str) -> None:
    """In a real terminal: what is typed must not appear."""
    screen = type_into_terminal(
        ["create-user", "ana@example.com", "ana"], database_uri, ["hidden word\n", "hidden word\n"]
    )

    assert "Password:" in screen
    assert "Created ana" in screen
    assert "hidden word" not in screen


def type_into_terminal(arguments: list[str], uri: str, answers: list[str]) -> str:
    """Run `pamps` on a terminal of its own, answer each prompt in turn, and return the screen."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pamps", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PAMPS_DB__uri": uri},
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
    )
    os.close(there)
    screen = b""
    with suppress(OSError):  # how Linux says that the other end is closed
        while chunk := os.read(here, 1024):
            screen += chunk
            # The blank comes when the terminal has stopped to echo; what is typed before is thrown away.
            if answers and screen.endswith(b": "):
                os.write(here, answers.pop(0).encode())
    process.wait()
    os.close(here)
    return screen.decode()


def test_reset_db_asks_first(migrated: Run) -> None:
    refused = migrated("reset-db", stdin="n\n")
    kept = migrated("user-list")
    agreed = migrated("reset-db", stdin="y\n")

    assert refused.returncode == 1
    assert kept.returncode == 0
    assert agreed.returncode == 0
    assert_one_red_line(migrated("user-list"), "Run `pamps migrate` first.")


def test_reset_db_leaves_a_database_that_can_be_migrated_again(migrated: Run) -> None:
    migrated("create-user", "ana@example.com", "ana", "a long password")

    assert migrated("reset-db", "-f").returncode == 0
    assert migrated("reset-db", "--force").returncode == 0
    assert migrated("migrate").returncode == 0
    assert migrated("user-list", "--json").stdout == "[]\n"


def test_reset_db_does_not_touch_the_tables_of_others(migrated: Run, database_uri: str) -> None:
    engine = create_engine(database_uri)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (n INTEGER)"))

    migrated("reset-db", "-f")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM theirs")).scalar_one() == 0
    engine.dispose()


def test_production_wants_the_name_of_the_database_even_with_force(migrated: Run, database_uri: str) -> None:
    production = {"PAMPS_ENV": "production", "PAMPS_SECURITY__secret_key": "k" * 40}
    name = str(create_engine(database_uri).url.database)

    assert_one_red_line(migrated("reset-db", "-f", **production), "This is production")
    assert_one_red_line(migrated("reset-db", "-f", "--database", "other", **production), "This is production")
    assert migrated("reset-db", stdin="other\n", **production).returncode == 1
    assert migrated("user-list", **production).returncode == 0
    assert migrated("reset-db", "-f", "--database", name, **production).returncode == 0


def test_the_shell_has_everything_at_hand(migrated: Run) -> None:
    migrated("create-user", "ana@example.com", "ana", "a long password")
    lines = (
        "print(session.exec(select(User)).one().username, settings.env, engine.dialect.name)\n"
        "print(Post.__name__, Social.__name__, Like.__name__)\n"
    )

    shown = migrated("shell", stdin=lines).stdout

    assert "ana testing" in shown
    assert "Post Social Like" in shown


def test_create_user_is_a_function_too(tmp_path: Path) -> None:
    """As in a script: on the database of the suite, in a transaction of its own."""
    script = (
        "from pamps import schema; schema.upgrade()\n"
        "from sqlalchemy.exc import IntegrityError\n"
        "from pamps.cli import create_user\n"
        "user = create_user('ana@example.com', 'ana', 'a long password')\n"
        "print(user.id, user.username, user.superuser)\n"
        "try:\n"
        "    create_user('ana@example.com', 'ana2', 'a long password')\n"
        "except IntegrityError:\n"
        "    print('IntegrityError')\n"
    )
    with empty_database(TEST_URI, tmp_path) as uri:
        run = subprocess.run(
            [sys.executable, "-c", script],
            cwd=REPOSITORY,
            env={**os.environ, "PAMPS_DB__uri": uri},
            capture_output=True,
            text=True,
            check=False,
        )

    assert run.stdout.splitlines()[1:] == ["1 ana False", "IntegrityError"], run.stderr
