"""Twenty at once with the same secret: it works for one of them."""

import json
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pyotp
import pytest

from tests.live.racing import CROWD, at_once
from tests.live.test_waiting import holding
from tests.support.commands import run_pamps
from tests.support.mailbox import running_mailbox
from tests.support.processes import PATIENCE_SECONDS
from tests.support.server import Server, running_server

FORM = {"username": "ana", "password": "correct horse"}


def crowd(server: Server, path: str, **request: Any) -> Counter[int]:
    """Send one request twenty times at once."""
    return at_once(server, [""] * CROWD, lambda client: client.post(path, **request))


def send_refresh(server: Server, token: str) -> socket.socket:
    """Send a request to refresh, and do not wait for the answer."""
    url = urlsplit(server.url)
    body = json.dumps({"refresh_token": token})
    head = (
        f"POST /refresh_token HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection((url.hostname, url.port or 80), timeout=PATIENCE_SECONDS)
    connection.sendall((head + body).encode())
    return connection


def read_answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer."""
    with connection, connection.makefile("rb") as answer:
        head, _, body = answer.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.security(8)
def test_of_twenty_concurrent_refreshes_one_wins(
    server: Server,
) -> None:
    server.register("ana")
    with server.client() as client:
        won = client.post("/token", data=FORM).json()
        for _ in range(3):
            with holding(server.uri, "user"):  # nobody is done before all have arrived
                connections = [send_refresh(server, won["refresh_token"]) for _ in range(CROWD)]
                client.get("/health/")

            answers = [read_answer(connection) for connection in connections]

            assert Counter(status for status, _ in answers) == {200: 1, 401: CROWD - 1}
            (won,) = (body for status, body in answers if status == 200)
            me = client.get("/user/me/", headers={"Authorization": f"Bearer {won['access_token']}"})
            assert me.status_code == 200


def test_of_twenty_refreshes_on_two_workers_one_wins(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2") as server:
        server.register("ana")
        with server.client() as client:
            token = client.post("/token", data=FORM).json()["refresh_token"]

        statuses = crowd(server, "/refresh_token", json={"refresh_token": token})

    assert statuses == {200: 1, 401: CROWD - 1}


def test_a_logout_races_with_refreshes_of_its_session(server: Server) -> None:
    server.register("ana")
    for _ in range(5):
        with server.client() as client:
            pair = client.post("/token", data=FORM).json()
        body = {"refresh_token": pair["refresh_token"]}
        turns = iter(["/refresh_token"] * 2 + ["/logout/"] + ["/refresh_token"] * 2)

        def act(client: httpx2.Client, turns: Any = turns, body: Any = body) -> httpx2.Response:
            return client.post(next(turns), json=body)

        statuses = at_once(server, [""] * 5, act)

        assert set(statuses) <= {200, 204, 401}


def test_of_twenty_who_show_the_same_code_one_gets_in(server: Server) -> None:
    with server.client(server.register("ana")) as ana:
        secret = ana.post("/user/me/totp/").json()["secret"]
        codes = ana.post("/user/me/totp/confirm/", json={"otp": pyotp.TOTP(secret).now()}).json()

    statuses = crowd(server, "/token", data=FORM | {"otp": codes["recovery_codes"][0]})

    assert statuses == {200: 1, 401: CROWD - 1}


def test_of_twenty_who_have_the_same_invite_one_gets_in(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_ACCOUNTS__registration="invite") as server:
        code = run_pamps(database_uri, "invite").stdout.strip()
        names = iter(f"fan{number}" for number in range(CROWD))

        def register(client: httpx2.Client) -> httpx2.Response:
            name = next(names)
            account = {"email": f"{name}@example.com", "username": name, "password": "correct horse"}
            return client.post("/user/", json=account | {"invite": code})

        statuses = at_once(server, [""] * CROWD, register)

        assert statuses == {201: 1, 403: CROWD - 1}
        with server.client() as client:
            assert len(client.get("/user/").json()) == 1


@pytest.mark.security(5)
def test_of_twenty_uses_of_one_link_one_sets_the_password(database_uri: str, tmp_path: Path) -> None:
    with (
        running_mailbox() as mailbox,
        running_server(database_uri, tmp_path, **dict[str, Any](mailbox.environment)) as server,
    ):
        server.register("ana")
        with server.client() as client:
            client.post("/password_reset/", json={"email": "ana@example.com"})
            token = mailbox.wait().get_content().split("#")[1].split()[0]

            statuses = crowd(
                server, "/password_reset/confirm/", json={"token": token, "new_password": "another horse"}
            )

            assert statuses == {204: 1, 403: CROWD - 1}
            assert client.post("/token", data=FORM | {"password": "another horse"}).status_code == 200


@pytest.mark.security(2)
def test_of_twenty_concurrent_guesses_the_limit_is_tried(database_uri: str, tmp_path: Path) -> None:
    limits: dict[str, Any] = {"PAMPS_LIMITS__enabled": "true", "PAMPS_LIMITS__login": "5 per hour"}
    with running_server(database_uri, tmp_path, "--workers", "2", **limits) as server:
        server.register("ana")

        statuses = crowd(server, "/token", data=FORM | {"password": "wrong horse"})

        assert statuses == {401: 5, 429: CROWD - 5}


@pytest.mark.parametrize("what", ["log in", "refresh", "access token", "password", "totp"])
def test_an_account_is_deleted_in_the_middle_of_its_logins(what: str, server: Server) -> None:
    change = {"current_password": "correct horse", "new_password": "correct horse"}
    for _ in range(2):
        ana = server.register("ana")
        with server.client() as client:
            pair = client.post("/token", data=FORM).json()
        acts: dict[str, Callable[..., httpx2.Response]] = {
            "log in": lambda client: client.post("/token", data=FORM),
            "refresh": lambda client, old=pair: client.post(
                "/refresh_token", json={"refresh_token": old["refresh_token"]}
            ),
            "access token": lambda client: client.post(
                "/access_token/", json={"name": "x", "scopes": "read"}
            ),
            "password": lambda client: client.post("/user/me/password/", json=change),
            "totp": lambda client: client.post("/user/me/totp/"),
        }
        turns = iter([acts[what]] * 3 + [lambda client: client.delete("/user/me/")] + [acts[what]] * 4)

        statuses = at_once(server, [ana] * 8, lambda client, turns=turns: next(turns)(client))  # type: ignore[misc]

        assert statuses[204] >= 1
        assert set(statuses) <= {200, 201, 204, 401, 403}, statuses
        with server.client() as client:
            assert client.get("/user/ana/").status_code == 404
