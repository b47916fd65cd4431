"""The admin CLI: the same rules as the API, one red line for every failure."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from pamps import __version__
from pamps.cli.failures import explain
from tests.cli.conftest import Run, assert_one_red_line
from tests.conftest import TEST_URI
from tests.support.databases import empty_database
from tests.support.server import REPOSITORY


@pytest.mark.once
def test_version(pamps: Run) -> None:
    assert pamps("--version").stdout == f"pamps {__version__}\n"


@pytest.mark.once
def test_help_and_version_need_no_settings(pamps: Run) -> None:
    assert pamps("--version", PAMPS_ENV="broken").returncode == 0
    assert "create-user" in pamps("--help", PAMPS_ENV="broken").stdout


@pytest.mark.once
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_and_version_answer_at_once(option: str) -> None:
    """They import nothing that takes its time."""
    script = (
        "import sys\n"
        "from pamps.cli import main\n"
        "try: main()\n"
        "finally: sys.exit(' '.join({'alembic', 'fastapi', 'pydantic', 'sqlalchemy'} & sys.modules.keys()))"
    )

    run = subprocess.run([sys.executable, "-c", script, option], stderr=subprocess.PIPE, check=False)

    assert run.stderr == b"\n"


@pytest.mark.once
def test_broken_settings_are_one_line(pamps: Run) -> None:
    assert_one_red_line(pamps("user-list", PAMPS_ENV="broken"), "PAMPS_ENV is 'broken'")


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "No such command"),
        (("--nonsense",), "No such option"),
        (("create-user",), "Missing argument"),
        (("serve", "--port", "x"), "Invalid value for '--port'"),
        (("serve", "--port", "x"), "See `pamps serve --help`."),
        (("user-lst",), "Did you mean 'user-list'? See `pamps --help`."),
    ],
)
def test_misuse_is_one_red_line(pamps: Run, arguments: tuple[str, ...], words: str) -> None:
    assert_one_red_line(pamps(*arguments), words)


@pytest.mark.once
def test_alone_it_shows_its_help(pamps: Run) -> None:
    run = pamps()

    assert run.returncode == 0
    assert "create-user" in run.stdout


@pytest.mark.once
def test_in_a_pipe_each_user_is_one_whole_line(migrated: Run) -> None:
    migrated("create-user", f"{'a' * 60}@example.com", "ana", "a long password")

    rows = [line for line in migrated("user-list").stdout.splitlines() if line.startswith("│")]

    assert len(rows) == 1
    assert f" {'a' * 60}@example.com " in rows[0]


@pytest.mark.once
def test_on_a_terminal_a_long_address_is_folded_and_shown_whole(migrated: Run, database_uri: str) -> None:
    migrated("create-user", f"{'a' * 60}@example.com", "ana", "a long password")

    screen = type_into_terminal(["user-list"], database_uri, [], COLUMNS="80", TERM="dumb")
    rows = [line for line in screen.splitlines() if line.startswith("│")]

    assert "".join(row.split("│")[3].strip() for row in rows) == f"{'a' * 60}@example.com"
    assert max(map(len, rows)) <= 80


@pytest.mark.once
def test_the_headings_leave_room_for_the_address(migrated: Run) -> None:
    shown = migrated("user-list").stdout.splitlines()[2]

    assert shown.replace("┃", " ").split() == [
        "id",
        "username",
        "email",
        "admin",
        "active",
        "created_at",
        "posts",
    ]


@pytest.mark.once
def test_a_reader_that_stops_early_hears_nothing(migrated: Run, database_uri: str) -> None:
    """The reader is gone before the command writes, every time."""
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "pamps", "user-list", "--json"],
        cwd=REPOSITORY,
        env={**os.environ, "PAMPS_DB__uri": database_uri},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert run.stderr == ""


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


def test_a_taken_name_or_address_is_one_red_line(migrated: Run, ana: None) -> None:
    name = migrated("create-user", "new@example.com", "ANA", "a long password")
    address = migrated("create-user", "ANA@example.com", "new", "a long password")

    assert_one_red_line(name, "This user name is taken.")
    assert_one_red_line(address, "This e-mail address is taken.")


def test_another_broken_rule_is_not_called_taken() -> None:
    reason = Exception("FOREIGN KEY constraint failed")

    assert explain(IntegrityError("DELETE", {}, reason)) == (
        "The database refused: FOREIGN KEY constraint failed."
    )


@pytest.mark.once
def test_the_password_may_come_through_a_pipe(migrated: Run) -> None:
    made = migrated("create-user", "ana@example.com", "ana", stdin="hidden word \nnot this\n")

    assert made.stdout == "Created ana (id 1).\n"
    assert made.stderr == ""
    assert_one_red_line(migrated("create-user", "bia@example.com", "bia"), "password: ")


@pytest.mark.once
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


@pytest.mark.once
def test_the_password_is_asked_for_twice_and_hidden(migrated: Run, database_uri: str) -> None:
    """In a real terminal: what is typed must not appear."""
    screen = type_into_terminal(
        ["create-user", "ana@example.com", "ana"], database_uri, ["hidden word\n", "hidden word\n"]
    )

    assert "Password:" in screen
    assert "Created ana" in screen
    assert "hidden word" not in screen


def type_into_terminal(arguments: list[str], uri: str, answers: list[str], **environment: str) -> str:
    """Run `pamps` on a terminal of its own, answer each prompt in turn, and return the screen."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pamps", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PAMPS_DB__uri": uri, **environment},
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


@pytest.mark.once
def test_the_shell_has_everything_at_hand(migrated: Run, ana: None) -> None:
    lines = (
        "print(session.exec(select(User)).one().username, settings.env, engine.dialect.name)\n"
        "print(Post.__name__, Social.__name__, Like.__name__)\n"
    )

    shown = migrated("shell", stdin=lines).stdout

    assert "ana testing" in shown
    assert "Post Follow Like" in shown


@pytest.mark.once
def test_an_error_in_the_shell_is_shown_alone(migrated: Run) -> None:
    shown = migrated("shell", stdin="1 / 0\n").stderr

    assert "ZeroDivisionError" in shown
    assert "During handling" not in shown


def test_create_user_is_a_function_too(tmp_path: Path) -> None:
    """As in a script: on the database of the suite, in a transaction of its own."""
    script = (
        "from pamps.services import schema; schema.upgrade()\n"
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
