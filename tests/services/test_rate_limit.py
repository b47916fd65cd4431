"""How often is too often, and that nobody can lock out somebody else for good."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session, select

from pamps.app import app
from pamps.config import settings
from pamps.models import AuditEntry, RateCount, User
from pamps.models.types import utc_now
from pamps.services import rate_limit
from pamps.services import totp as totp_service
from tests.conftest import Login
from tests.routes import refusal
from tests.support.client import Client
from tests.support.factories import CLIENT, PASSWORD, make_user

HOME, ELSEWHERE, THIRD = "192.0.2.7", "198.51.100.1", "203.0.113.9"


@pytest.fixture(autouse=True)
def limited(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> None:
    """Rates that a test can reach."""
    rates: dict[str, Any] = {
        "enabled": True,
        "login": "3 per 15 minutes",
        "login_address": "5 per 15 minutes",
        "login_account": "6 per hour",
        "otp": "3 per day",
        "registration": "2 per hour",
        "posting": "2 per hour",
        "searching": "3 per hour",
        "searching_anonymous": "2 per hour",
    }
    changed = settings.limits.model_copy(update=rates)
    monkeypatch.setattr(rate_limit, "settings", settings.model_copy(update={"limits": changed}))


def at(address: str) -> TestClient:
    return Client(app, client=(address, 50000))


def log_in(address: str, name: str, password: str = PASSWORD) -> Response:
    return at(address).post("/token", data={"username": name, "password": password})


def fail(address: str, name: str, times: int) -> list[int]:
    return [log_in(address, name, "wrong horse").status_code for _ in range(times)]


def let_time_pass(session: Session) -> None:
    """All windows are over."""
    for row in session.exec(select(RateCount)):
        row.expires_at = utc_now() - timedelta(seconds=1)
    session.commit()


@pytest.mark.security(2)
def test_too_many_failed_logins_name_the_limit_and_retry_after(session: Session) -> None:
    make_user(session, "ana")
    assert fail(HOME, "ana", 3) == [401] * 3

    answer = log_in(HOME, "ana")

    assert refusal(answer) == (429, "too_many_requests")
    wait = answer.headers["Retry-After"]
    assert 890 <= int(wait) <= 900
    assert answer.json()["detail"] == (
        "Too many failed logins to this account from your address: 3 per 15 minutes is the limit."
        f" Try again in {wait} seconds."
    )
    limits = [answer.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
    assert limits == ["3", "0", wait]


@pytest.mark.security(1)
def test_unknown_accounts_are_limited_in_the_same_way(session: Session) -> None:
    make_user(session, "ana")
    for name in ("ana", "nobody"):
        assert fail(HOME, name, 2) == [401] * 2
    let_time_pass(session)

    answers = {}
    for name in ("ana", "nobody"):
        fail(HOME, name, 3)
        answers[name] = log_in(HOME, name, "wrong horse")
        let_time_pass(session)

    assert answers["ana"].status_code == answers["nobody"].status_code == 429
    assert answers["ana"].json() == answers["nobody"].json()


@pytest.mark.security(2)
def test_the_owner_comes_in_from_elsewhere_meanwhile(session: Session) -> None:
    make_user(session, "ana")
    fail(ELSEWHERE, "ana", 3)

    assert log_in(ELSEWHERE, "ana").status_code == 429
    assert log_in(HOME, "ana").status_code == 200


@pytest.mark.security(2)
def test_after_its_time_a_limit_is_gone(session: Session) -> None:
    make_user(session, "ana")
    fail(HOME, "ana", 4)

    let_time_pass(session)

    assert log_in(HOME, "ana").status_code == 200


def test_a_login_that_succeeds_is_no_failure_and_begins_anew(session: Session) -> None:
    make_user(session, "ana")

    for _ in range(4):
        assert fail(HOME, "ana", 1) == [401]
        assert log_in(HOME, "ana").status_code == 200

    assert fail(HOME, "ana", 1) == [401]


@pytest.mark.security(2)
def test_one_address_cannot_try_many_accounts(session: Session) -> None:
    make_user(session, "ana")
    assert [fail(ELSEWHERE, f"nobody{number}", 1)[0] for number in range(6)] == [401] * 5 + [429]

    answer = log_in(ELSEWHERE, "ana")

    assert refusal(answer) == (429, "too_many_requests")
    assert "failed logins from your address" in answer.json()["detail"]
    assert log_in(HOME, "ana").status_code == 200


@pytest.mark.security(2)
def test_many_addresses_cannot_try_one_account(session: Session) -> None:
    make_user(session, "ana")

    statuses = [fail(f"198.51.100.{number}", "ana", 1)[0] for number in range(7)]

    assert statuses == [401] * 6 + [429]
    assert "failed logins to this account" in log_in(THIRD, "ana").json()["detail"]


@pytest.mark.security(2)
def test_where_the_owner_has_a_session_strangers_lock_nobody_out(session: Session) -> None:
    make_user(session, "ana")
    assert log_in(HOME, "ana").status_code == 200
    for number in range(7):
        fail(f"198.51.100.{number}", "ana", 1)

    assert log_in(HOME, "ana").status_code == 200
    assert log_in(THIRD, "ana").status_code == 429


def test_neighbours_in_one_ipv6_network_count_as_one(session: Session) -> None:
    make_user(session, "ana")
    fail("2001:db8:1:2::a", "ana", 3)

    assert log_in("2001:db8:1:2:ffff::b", "ana").status_code == 429
    assert log_in("2001:db8:1:3::a", "ana").status_code == 200


@pytest.mark.security(2)
def test_guessing_the_password_of_an_open_session_is_limited_too(session: Session, login: Login) -> None:
    client = login(make_user(session, "ana"))
    change = {"current_password": "wrong horse", "new_password": "another horse"}

    statuses = [client.post("/user/me/password/", json=change).status_code for _ in range(4)]

    assert statuses == [403, 403, 403, 429]
    right = {"current_password": PASSWORD, "new_password": "another horse"}
    assert client.post("/user/me/password/", json=right).status_code == 429


def enable_totp(session: Session, user: User) -> list[str]:
    """A second factor, and its recovery codes."""
    secret = totp_service.start(session, user).secret
    codes = totp_service.confirm(session, user, pyotp.TOTP(secret).now(), CLIENT)
    session.commit()
    return codes


@pytest.mark.security(2)
def test_guessing_codes_with_the_right_password_is_limited(session: Session) -> None:
    ana = make_user(session, "ana")
    codes = enable_totp(session, ana)

    def guess(address: str, code: str) -> Response:
        form = {"username": "ana", "password": PASSWORD, "otp": code}
        return at(address).post("/token", data=form)

    statuses = [guess(f"198.51.100.{number}", "000000").status_code for number in range(4)]

    assert statuses == [401, 401, 401, 429]
    assert "wrong codes for this account" in guess(THIRD, codes[0]).json()["detail"]
    let_time_pass(session)
    assert guess(HOME, codes[0]).status_code == 200
    for number in range(4):
        guess(f"198.51.100.{number}", "000000")
    assert guess(HOME, codes[1]).status_code == 200  # where the owner has a session
    log = [line.action for line in session.exec(select(AuditEntry)) if line.action == "wrong_otp"]
    assert len(log) == 6


def test_a_missing_code_is_no_failure_and_allows_no_free_guesses(session: Session) -> None:
    enable_totp(session, make_user(session, "ana"))

    statuses = [log_in(HOME, "ana").status_code for _ in range(4)]

    assert statuses == [401, 401, 401, 429]
    assert fail(HOME, "bia", 3) == [401] * 3


@pytest.mark.parametrize("name", ["ana@ｅxample.com", "ANA@example.com", "ana@EXAMPLE.COM"])
def test_all_spellings_of_an_address_count_as_one(session: Session, name: str) -> None:
    make_user(session, "ana")
    fail(HOME, "ana@example.com", 3)

    assert log_in(HOME, name).status_code == 429


def test_a_new_address_in_a_known_network_is_not_locked_out(session: Session) -> None:
    make_user(session, "ana")
    assert log_in("2001:db8:1:2::a", "ana").status_code == 200
    for number in range(7):
        fail(f"198.51.100.{number}", "ana", 1)

    assert log_in("2001:db8:1:2::b", "ana").status_code == 200


def register(address: str, name: str) -> int:
    account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    return at(address).post("/user/", json=account).status_code


def test_registrations_are_limited_whether_they_succeed_or_not(session: Session) -> None:
    assert [register(HOME, name) for name in ("ana", "ana", "bia")] == [201, 409, 429]
    assert register(ELSEWHERE, "bia") == 201


def test_posts_and_replies_of_one_user_are_limited(session: Session, login: Login) -> None:
    ana, bia = login(make_user(session)), login(make_user(session))
    first = ana.post("/post/", json={"text": "One."}).json()["id"]
    assert ana.post("/post/", json={"text": "Two.", "parent_id": first}).status_code == 201

    answer = ana.post("/post/", json={"text": "Three."})

    assert refusal(answer) == (429, "too_many_requests")
    assert len(ana.get("/post/").json()) == 1
    assert bia.post("/post/", json={"text": "Mine."}).status_code == 201


def test_a_post_that_was_refused_does_not_count(session: Session, login: Login) -> None:
    ana = login(make_user(session))
    for _ in range(3):
        answer = ana.post("/post/", json={"text": "To nobody.", "parent_id": 2**40})
        assert refusal(answer) == (404, "parent_not_found")

    assert ana.post("/post/", json={"text": "One."}).status_code == 201


def test_counts_that_are_over_are_swept_away(session: Session) -> None:
    for number in range(5):
        fail(f"198.51.100.{number}", f"nobody{number}", 1)
    let_time_pass(session)
    assert len(session.exec(select(RateCount)).all()) == 15

    fail(HOME, "ana", 1)
    fail(HOME, "bia", 1)

    session.expire_all()
    assert len(session.exec(select(RateCount)).all()) == 5


def test_a_count_names_nobody(session: Session) -> None:
    fail(HOME, "ana@example.com", 1)

    for row in session.exec(select(RateCount)):
        assert "ana" not in row.key


def test_without_limits_nothing_is_counted(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "settings", settings)

    fail(HOME, "ana", 10)

    assert session.exec(select(RateCount)).all() == []


def test_searches_are_limited_by_user_or_by_anonymous_address(session: Session, login: Login) -> None:
    ana = login(make_user(session, "ana"))
    paths = ("/search/?q=bread", "/post/?q=bread", "/search/?q=a&type=users")

    assert [at(HOME).get(path).status_code for path in paths] == [200, 200, 429]
    assert at(ELSEWHERE).get(paths[0]).status_code == 200
    assert [ana.get(path).status_code for path in paths] == [200, 200, 200]
    assert refusal(ana.get(paths[0])) == (429, "too_many_requests")
    assert at(HOME).get("/post/").status_code == 200
