"""An administrator at the terminal: accounts, sessions, invites, and the log of it all."""

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.support.commands import run_pamps
from tests.support.databases import migrate
from tests.support.server import running_server

pytestmark = pytest.mark.once

Run = Callable[..., str]


@pytest.fixture
def pamps(database_uri: str) -> Run:
    """`pamps("promote", "ana")` on the database of the test: what it printed; it has to succeed."""

    def run(*arguments: str, stdin: str = "", status: int = 0) -> str:
        done = run_pamps(database_uri, *arguments, stdin=stdin)
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    return run


def test_an_administrator_is_called_at_night(pamps: Run, database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_ACCOUNTS__registration="invite") as server:
        code = pamps("invite", "--note", "For ana").strip()
        with server.client() as client:
            account = {"email": "ana@example.com", "username": "ana", "password": "correct horse"}
            assert client.post("/user/", json=account).status_code == 403
            assert client.post("/user/", json=account | {"invite": code}).status_code == 201

        token = log_in(server.client(), "correct horse")
        with server.client(token) as ana:
            assert ana.get("/user/me/").status_code == 200
            listed = pamps("sessions", "ANA")
            assert "Sessions of ana (1)" in listed
            assert "python-httpx2" in listed
            assert "127.0.0.1" in listed

            said = pamps("set-password", "ana", stdin="another horse\n")
            assert said == "Set a new password for ana. All sessions and access tokens have ended.\n"
            assert ana.get("/user/me/").status_code == 401

        with server.client(log_in(server.client(), "another horse")) as ana:
            assert ana.get("/admin/user/").status_code == 403
            assert pamps("promote", "ana") == "ana is a superuser.\n"
            assert ana.get("/admin/user/").status_code == 200
            assert pamps("demote", "ana") == "ana is no longer a superuser.\n"
            assert ana.get("/admin/user/").status_code == 403
            assert pamps("sessions", "ana", "--end") == "Ended 1 session of ana.\n"
            assert ana.get("/user/me/").status_code == 401

        with server.client(log_in(server.client(), "another horse")) as ana:
            assert pamps("deactivate", "ana") == "ana is deactivated; all sessions have ended.\n"
            assert ana.get("/user/me/").status_code == 401
        assert pamps("activate", "ana") == "ana is active.\n"

    assert pamps("delete-user", "ana", stdin="n\n", status=1).startswith(
        "Delete ana and 0 posts permanently?"
    )
    assert pamps("delete-user", "ana", "-f") == "Deleted ana.\n"
    assert pamps("promote", "ana", status=1) == "User not found\n"
    check_log(pamps)


def log_in(client: httpx2.Client, password: str) -> str:
    with client:
        form = {"username": "ana", "password": password}
        return str(client.post("/token", data=form).json()["access_token"])


def check_log(pamps: Run) -> None:
    """All of it was written down, oldest first, with who sat at the terminal."""
    lines = json.loads(pamps("audit", "--json"))
    assert {line["actor"] for line in lines} == {f"cli:{getpass.getuser()}"}
    assert [(line["action"], line["target"]) for line in lines] == [
        ("invite_made", "invite 1"),
        ("password_set", "ana"),
        ("promoted", "ana"),
        ("demoted", "ana"),
        ("sessions_ended", "ana"),
        ("deactivated", "ana"),
        ("activated", "ana"),
        ("user_deleted", "ana"),
    ]
    table = pamps("audit", "--user", "ANA", "--limit", "2")
    assert "Audit log (2)" in table
    assert table.index("activated") < table.index("user_deleted")
    assert "invite" not in table


def test_a_superuser_from_the_start_is_in_the_log_too(pamps: Run, database_uri: str) -> None:
    migrate(database_uri)
    pamps("create-user", "eva@example.com", "eva", "correct horse", "--superuser")

    (line,) = json.loads(pamps("audit", "--json"))
    assert list(line) == ["id", "date", "actor", "action", "target", "address"]
    assert (line["action"], line["target"]) == ("promoted", "eva")


def test_a_question_keeps_nobody_from_writing(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path) as server, server.client(server.register("ana")) as ana:
        command = [sys.executable, "-m", "pamps", "delete-user", "ana"]
        environment = {**os.environ, "PAMPS_DB__uri": database_uri}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as asking:
            assert asking.stdin
            assert asking.stdout
            assert asking.stdout.read(6) == "Delete"
            assert ana.post("/post/", json={"text": "Still here."}, timeout=5).status_code == 201
            asking.communicate("n\n")

        assert ana.get("/user/me/").status_code == 200


@pytest.mark.parametrize(
    ("password", "words"),
    [("abc", "at least 4 characters"), ("password", "too common")],
)
def test_a_password_set_by_an_administrator_follows_the_policy(
    pamps: Run, database_uri: str, password: str, words: str
) -> None:
    migrate(database_uri)
    pamps("create-user", "ana@example.com", "ana", "correct horse")

    assert words in pamps("set-password", "ana", password, status=1)
