"""Sessions: seen, rotated, ended."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from pamps.config import settings
from pamps.models import AuditEntry, LoginSession
from pamps.models.types import utc_now
from pamps.services import session as session_service
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import PASSWORD, make_session, make_user


def log_in(client: TestClient, name: str, device: str = "a phone") -> dict[str, str]:
    form = {"username": name, "password": PASSWORD}
    pair: dict[str, str] = client.post("/token", data=form, headers={"User-Agent": device}).json()
    return pair


def bearer(pair: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['access_token']}"}


def refresh(client: TestClient, pair: dict[str, str]) -> dict[str, str]:
    answer = client.post("/refresh_token", json={"refresh_token": pair["refresh_token"]})
    assert answer.status_code == 200, answer.text
    new: dict[str, str] = answer.json()
    return new


def is_signed_in(client: TestClient, pair: dict[str, str]) -> bool:
    answer = client.get("/user/me/", headers=bearer(pair))
    if answer.status_code != 200:
        assert refusal(answer) == (401, "invalid_token")
    return answer.status_code == 200


def can_refresh(client: TestClient, pair: dict[str, str]) -> bool:
    answer = client.post("/refresh_token", json={"refresh_token": pair["refresh_token"]})
    if answer.status_code != 200:
        assert refusal(answer) == (401, "invalid_token")
    return answer.status_code == 200


# Rotation


@pytest.mark.security(8)
def test_a_refresh_token_that_was_used_before_ends_the_session(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    other = log_in(client, "ana")
    stolen = log_in(client, "ana")
    newest = refresh(client, refresh(client, stolen))

    again = client.post("/refresh_token", json={"refresh_token": stolen["refresh_token"]})

    assert refusal(again) == (401, "invalid_token")
    assert not is_signed_in(client, newest)
    assert not can_refresh(client, newest)
    assert is_signed_in(client, other)
    line = session.exec(select(AuditEntry)).one()
    assert (line.actor, line.action, line.target, line.address) == (
        "ana",
        "refresh_reused",
        "ana",
        "testclient",
    )


@pytest.mark.security(8)
def test_a_concurrent_refresh_loses_and_ends_nothing(
    session: Session, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")
    # The winner is done only after the loser has arrived, as it is when they come at once.
    later = utc_now() + timedelta(minutes=1)
    with monkeypatch.context() as clock:
        clock.setattr(session_service, "utc_now", lambda: later)
        won = refresh(client, pair)

    assert not can_refresh(client, pair)
    assert is_signed_in(client, won)
    assert can_refresh(client, won)


def test_prolonged_overlap_of_refreshes_ends_the_session(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    stolen = log_in(client, "ana")
    newest = refresh(client, stolen)
    opened = session.exec(select(LoginSession)).one()
    # As if somebody had sent the old token without a pause ever since.
    opened.last_used_at -= timedelta(minutes=1)
    opened.overlap_until = utc_now() + timedelta(minutes=1)
    session.commit()

    assert not can_refresh(client, stolen)
    assert is_signed_in(client, newest)
    assert not can_refresh(client, stolen)
    assert not is_signed_in(client, newest)


def test_expires_in_is_exact_even_at_the_end_of_a_session(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")
    session.exec(select(LoginSession)).one().expires_at = utc_now() + timedelta(minutes=5)
    session.commit()

    answer = client.post("/refresh_token", json={"refresh_token": pair["refresh_token"]}).json()

    assert 298 <= answer["expires_in"] <= 300


@pytest.mark.security(8)
def test_a_session_has_an_end_however_much_it_is_used(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    pair = refresh(client, log_in(client, "ana"))
    opened = session.exec(select(LoginSession)).one()
    assert opened.expires_at - opened.created_at == pytest.approx(
        timedelta(days=settings.security.session_days), abs=timedelta(seconds=5)
    )

    opened.expires_at = utc_now() - timedelta(seconds=1)
    session.commit()

    assert not is_signed_in(client, pair)
    assert not can_refresh(client, pair)


# Seen


def test_one_sees_ones_own_sessions_and_which_of_them_is_asking(session: Session, client: TestClient) -> None:
    make_user(session, "ana"), make_user(session, "bia")
    phone, laptop = log_in(client, "ana", "a phone"), log_in(client, "ana", "a laptop")
    log_in(client, "bia")

    seen = client.get("/session/", headers=bearer(phone)).json()

    assert [(row["device"], row["current"]) for row in seen] == [("a laptop", False), ("a phone", True)]
    assert {row["address"] for row in seen} == {"testclient"}
    assert set(seen[0]) == {"id", "device", "address", "created_at", "last_used_at", "expires_at", "current"}
    assert [row["current"] for row in client.get("/session/", headers=bearer(laptop)).json()] == [True, False]


def test_a_refresh_shows_as_the_last_use(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")
    (before,) = client.get("/session/", headers=bearer(pair)).json()

    refresh(client, pair)

    (after,) = client.get("/session/", headers=bearer(pair)).json()
    assert after["last_used_at"] > before["last_used_at"]
    assert after["created_at"] == before["created_at"]


def test_an_idle_session_is_hidden_and_deleted_at_the_next_login(
    session: Session, client: TestClient
) -> None:
    make_user(session, "ana")
    log_in(client, "ana", "forgotten")
    session.exec(select(LoginSession)).one().last_used_at -= timedelta(
        minutes=settings.security.refresh_token_minutes
    )
    session.commit()

    pair = log_in(client, "ana", "here")

    assert [row["device"] for row in client.get("/session/", headers=bearer(pair)).json()] == ["here"]
    session.expire_all()
    assert len(session.exec(select(LoginSession)).all()) == 1


def test_the_name_of_a_device_is_cut_and_cannot_hold_controls(session: Session, client: TestClient) -> None:
    make_user(session, "ana")

    pair = log_in(client, "ana", "x\t" + "y" * 500)

    (seen,) = client.get("/session/", headers=bearer(pair)).json()
    assert seen["device"] == "x" + "y" * 199


def test_the_oldest_of_too_many_sessions_give_way(
    session: Session, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_service, "MAX_SESSIONS", 3)
    make_user(session, "ana"), make_user(session, "bia")
    bias = log_in(client, "bia")

    pairs = [log_in(client, "ana") for _ in range(5)]

    assert [is_signed_in(client, pair) for pair in pairs] == [False, False, True, True, True]
    assert is_signed_in(client, bias)


# Ended


@pytest.mark.security(8)
def test_an_ended_session_is_dead_at_once_and_the_others_live(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    phone, laptop = log_in(client, "ana", "a phone"), log_in(client, "ana", "a laptop")
    stolen = next(
        row for row in client.get("/session/", headers=bearer(laptop)).json() if row["device"] == "a phone"
    )

    answer = client.delete(f"/session/{stolen['id']}/", headers=bearer(laptop))

    assert (answer.status_code, answer.content) == (204, b"")
    assert not is_signed_in(client, phone)
    assert not can_refresh(client, phone)
    assert is_signed_in(client, laptop)


def test_all_others_can_be_ended_with_one_request(session: Session, client: TestClient) -> None:
    make_user(session, "ana"), make_user(session, "bia")
    pairs = [log_in(client, "ana") for _ in range(3)]
    bias = log_in(client, "bia")

    assert client.delete("/session/", headers=bearer(pairs[1])).status_code == 204

    assert [is_signed_in(client, pair) for pair in pairs] == [False, True, False]
    assert is_signed_in(client, bias)


def test_nobody_ends_the_session_of_somebody_else(session: Session, client: TestClient, login: Login) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    pair = make_session(session, ana)
    theirs = session.exec(select(LoginSession)).one().id

    for session_id in (theirs, 2**63 - 1):
        assert refusal(login(bia).delete(f"/session/{session_id}/")) == (404, "session_not_found")
    assert is_signed_in(client, pair._asdict())


@pytest.mark.security(8)
def test_logging_out_ends_the_session_on_the_server(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    here, there = log_in(client, "ana"), log_in(client, "ana")

    answer = client.post("/logout/", headers=bearer(here))

    assert (answer.status_code, answer.content) == (204, b"")
    assert not is_signed_in(client, here)
    assert not can_refresh(client, here)
    assert is_signed_in(client, there)


def test_a_refresh_token_is_enough_to_log_out(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")

    answer = client.post("/logout/", json={"refresh_token": pair["refresh_token"]})

    assert answer.status_code == 204
    assert not is_signed_in(client, pair)


def test_nobody_logs_out_without_a_token_or_with_a_bad_one(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")

    assert refusal(client.post("/logout/")) == (401, "not_authenticated")
    for token in ("x", pair["access_token"]):
        answer = client.post("/logout/", json={"refresh_token": token})
        assert refusal(answer) == (401, "invalid_token")
    assert is_signed_in(client, pair)


@pytest.mark.security(4)
def test_a_new_password_ends_all_sessions_except_the_current_one(
    session: Session, client: TestClient
) -> None:
    make_user(session, "ana"), make_user(session, "bia")
    pairs = [log_in(client, "ana") for _ in range(3)]
    bias = log_in(client, "bia")
    change = {"current_password": PASSWORD, "new_password": "another horse"}

    assert client.post("/user/me/password/", json=change, headers=bearer(pairs[1])).status_code == 204

    assert [is_signed_in(client, pair) for pair in pairs] == [False, True, False]
    assert is_signed_in(client, bias)


@pytest.mark.security(12)
@pytest.mark.parametrize("path", ["/token", "/refresh_token", "/session/"])
def test_no_cache_keeps_what_is_told_about_sessions(session: Session, client: TestClient, path: str) -> None:
    make_user(session, "ana")
    pair = log_in(client, "ana")
    answers = {
        "/token": client.post("/token", data={"username": "ana", "password": PASSWORD}),
        "/refresh_token": client.post("/refresh_token", json={"refresh_token": pair["refresh_token"]}),
        "/session/": client.get("/session/", headers=bearer(pair)),
    }

    assert answers[path].headers["Cache-Control"] == "no-store"
