"""Two people who want one name, or one address, at the same moment."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest

from tests.conftest import TEST_URI
from tests.support.databases import empty_database
from tests.support.server import Server, running_server

AT_ONCE = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("races")
    with empty_database(TEST_URI, folder) as uri, running_server(uri, folder) as server:
        yield server


def register_at_once(server: Server, accounts: list[dict[str, str]]) -> list[httpx2.Response]:
    """Send every registration at the same moment, each over a connection of its own."""
    start = Barrier(len(accounts))

    def register(account: dict[str, str]) -> httpx2.Response:
        with server.client() as client:
            client.get("/health/")  # connected before the race
            start.wait()
            return client.post("/user/", json=account | {"password": "correct horse"})

    with ThreadPoolExecutor(len(accounts)) as threads:
        return list(threads.map(register, accounts))


@pytest.mark.security(17)
@pytest.mark.parametrize(
    ("usernames", "emails", "code"),
    [
        (["same"], ["name{}@example.com"], "username_taken"),
        (["Case", "case", "CASE", "cAsE"], ["case{}@example.com"], "username_taken"),
        (["mail_{}"], ["mail@example.com"], "email_taken"),
        (["form_{}"], ["Form@b\u00fccher.example", "form@xn--bcher-kva.example"], "email_taken"),
    ],
    ids=["one name", "one name in any case", "one address", "one address in any form"],
)
def test_of_many_registrations_at_once_one_wins(
    server: Server, usernames: list[str], emails: list[str], code: str
) -> None:
    accounts = [
        {
            "username": usernames[number % len(usernames)].format(number),
            "email": emails[number % len(emails)].format(number),
        }
        for number in range(AT_ONCE)
    ]

    answers = register_at_once(server, accounts)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}
    with server.client() as client:
        names = [user["username"].lower() for user in client.get("/user/?limit=100").json()]
    assert len([name for name in names if name in {a["username"].lower() for a in accounts}]) == 1


@pytest.mark.security(17)
def test_the_winner_of_a_race_can_log_in(server: Server) -> None:
    accounts = [{"username": "Winner", "email": f"winner{number}@example.com"} for number in range(AT_ONCE)]

    answers = register_at_once(server, accounts)

    (won,) = [answer.json() for answer in answers if answer.status_code == 201]
    with server.client() as client:
        form = {"username": won["email"], "password": "correct horse"}
        assert client.post("/token", data=form).status_code == 200
