"""What a real server keeps to itself, and where it never goes."""

import re
import socket
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.support.mailbox import running_mailbox
from tests.support.server import Server, running_server

PASSWORD, NEW_PASSWORD, WRONG_PASSWORD = "Correct-Horse-1", "Another-Horse-2", "Wrong-Horse-3"


@pytest.mark.security(22)
def test_a_log_of_everything_that_is_secret_holds_none_of_it(database_uri: str, tmp_path: Path) -> None:
    with running_mailbox() as mailbox:
        environment: dict[str, Any] = {**mailbox.environment, "PAMPS_LIMITS__enabled": "true"}
        with running_server(database_uri, tmp_path, **environment) as server:
            secrets = use_every_secret(server)
            with server.client() as client:
                client.post("/password_reset/", json={"email": "ana@example.com"})
                link = mailbox.wait().get_content().split("#")[1].split()[0]
                confirmation = {"token": link, "new_password": NEW_PASSWORD}
                assert client.post("/password_reset/confirm/", json=confirmation).status_code == 204
                client.get("/post/", headers={"Authorization": "Bearer forged%0AINFO: a line of its own"})
                client.get("/nowhere%0AINFO:%20a%20line%20of%20its%20own")
            log = server.log.read_text()

    assert "POST /token" in log
    for secret in (*secrets, link, PASSWORD, NEW_PASSWORD, WRONG_PASSWORD):
        assert secret not in log
    assert not re.search(r"^INFO: a line", log, re.MULTILINE)


def use_every_secret(server: Server) -> list[str]:
    """A life with every kind of token, well and badly used."""
    token = server.register("ana", PASSWORD)
    with server.client() as client, server.client(token) as ana:
        form = {"username": "ana", "password": PASSWORD}
        pair = client.post("/token", data=form).json()
        for _ in range(2):  # the second one ends the session
            refreshed = client.post("/refresh_token", json={"refresh_token": pair["refresh_token"]})
        assert refreshed.status_code == 401
        client.post("/token", data=form | {"password": WRONG_PASSWORD})
        bot = ana.post("/access_token/", json={"name": "A bot.", "scopes": "write"}).json()["token"]
        client.get("/user/me/", headers={"Authorization": f"Bearer {bot}"})
        secret = ana.post("/user/me/totp/").json()["secret"]
        code = {"otp": pyotp.TOTP(secret).now()}
        codes = ana.post("/user/me/totp/confirm/", json=code).json()["recovery_codes"]
        assert client.post("/token", data=form | {"otp": codes[0]}).status_code == 200
        assert client.post("/token", data=form | {"otp": codes[0]}).status_code == 401
    return [token, *(pair[name] for name in ("access_token", "refresh_token")), bot, secret, *codes]


@pytest.mark.security(21)
def test_the_server_never_opens_the_address_of_an_avatar(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/a.png"
        with server.client(server.register("ana")) as ana:
            assert ana.patch("/user/me/", json={"avatar": address}).json()["avatar"] == address
            ana.post("/post/", json={"text": f"Look: {address}"})
            for path in ("/user/ana/", "/post/", "/post/1/", "/user/timeline/?include_own=true"):
                assert ana.get(path).status_code == 200

        try:
            elsewhere.accept()
        except BlockingIOError:
            return
    raise AssertionError("somebody came")
