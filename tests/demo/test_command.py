"""`pamps demo`, as a process: what it says, what it refuses, and that it leaves all or nothing."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from pamps.demo.load import PASSWORD
from tests.cli.conftest import assert_one_red_line
from tests.cli.test_cli import type_into_terminal
from tests.demo.conftest import SIZE, TABLES, Pamps, read_tables
from tests.demo.test_load import WRONG_COUNTERS
from tests.support.commands import run_pamps
from tests.support.server import REPOSITORY, running_server

pytestmark = pytest.mark.once

SMALL = ("--users", "20", "--posts", "100")

# `pamps`, but it says when the first posts are written, and then waits for ever.
STOPS_AMONG_POSTS = """
import sys
from contextlib import contextmanager
from pamps.cli import main, progress

@contextmanager
def stop_among_posts(name, total):
    def advance(rows):
        if name == "posts":
            print(rows, name, flush=True)
            sys.stdin.read()
    yield advance

progress.show_progress = stop_among_posts
main()
"""


def test_by_default_there_are_100_users_and_1000_posts(pamps: Pamps, database: Engine) -> None:
    made = pamps("demo")

    tables = read_tables(database)
    stages = re.findall(r"^(\w+): [\d,]+ in [\d.]+ s$", made.stderr, re.MULTILINE)
    assert (len(tables["user"]), len(tables["post"])) == (100, 1000)
    assert made.stdout == f"100 users and 1,000 posts. Log in as any user; the password is: {PASSWORD}\n"
    assert stages == ["plan", "users", "follows", "posts", "likes", "words", "tags", "tagged"]


def test_a_terminal_shows_a_bar_with_rate_and_time(database_uri: str) -> None:
    screen = re.sub(r"\x1b\[[\d;]*m", "", type_into_terminal(["demo", *SIZE], database_uri, []))

    assert re.search(r"posts +━+ 12000/12000 [\d,]+/s \d:\d\d:\d\d", screen)


def test_life_goes_on_over_the_api(pamps: Pamps, database: Engine, database_uri: str, tmp_path: Path) -> None:
    pamps("demo", *SMALL)
    with database.connect() as connection:
        name = connection.execute(text('SELECT username FROM "user" WHERE id = 20')).scalar_one()

    with running_server(database_uri, tmp_path) as server:
        with server.client(server.register("newcomer")) as newcomer:
            assert newcomer.get("/user/me/").json()["id"] == 21
            assert newcomer.post("/user/follow/20/").status_code == 201
            assert newcomer.post("/post/100/like/").status_code == 201
            token = newcomer.post("/token", data={"username": name, "password": PASSWORD}).json()
        with server.client(token["access_token"]) as inhabitant:
            post = inhabitant.post("/post/", json={"text": "I am real.", "parent_id": 100}).json()
            assert (post["id"], post["user"]["username"]) == (101, name)
            assert inhabitant.post("/user/follow/21/").status_code == 201

    with database.connect() as connection:
        for query in WRONG_COUNTERS.values():
            assert connection.execute(text(query)).all() == []


def test_the_second_run_changes_nothing(filled: Engine, filled_uri: str) -> None:
    before = read_tables(filled)

    again = run_pamps(filled_uri, "demo", *SIZE[:4])

    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "This demo already exists. Nothing was changed.\n"
    assert read_tables(filled) == before


def test_killed_in_the_middle_it_starts_over_and_ends_the_same(
    pamps: Pamps, database: Engine, database_uri: str, filled: Engine
) -> None:
    nothing: dict[str, list[object]] = {table: [] for table in TABLES}
    with subprocess.Popen(
        [sys.executable, "-c", STOPS_AMONG_POSTS, "demo", *SIZE],
        cwd=REPOSITORY,
        env={**os.environ, "PAMPS_DB__uri": database_uri},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "10000 posts\n"
        assert read_tables(database) == nothing
        process.send_signal(signal.SIGKILL)
    assert read_tables(database) == nothing

    again = pamps("demo", *SIZE)

    assert again.returncode == 0, again.stderr
    assert read_tables(database) == read_tables(filled)


def test_other_users_are_a_reason_to_refuse(filled: Engine, filled_uri: str) -> None:
    before = read_tables(filled)

    assert_one_red_line(run_pamps(filled_uri, "demo", *SMALL), "This database already has other users")
    assert read_tables(filled) == before


def test_production_is_refused_before_anything_is_touched(pamps: Pamps, database: Engine) -> None:
    production = {"PAMPS_ENV": "production", "PAMPS_SECURITY__secret_key": "k" * 40}

    assert_one_red_line(pamps("demo", **production), "This is production")
    assert inspect(database).get_table_names() == []


@pytest.mark.parametrize("arguments", [("--users", "0"), ("--until", "9999-01-01")])
def test_nonsense_is_refused(pamps: Pamps, arguments: tuple[str, str]) -> None:
    assert_one_red_line(pamps("demo", *arguments), f"'{arguments[0]}'")
