"""Personal access tokens, for bots and scripts."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from pamps.app import app
from pamps.models import AccessToken, AuditEntry
from pamps.models.types import utc_now
from pamps.services import access_token as access_token_service
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.client import Client
from tests.support.factories import PASSWORD, make_access_token, make_user

SHOWN = {"id", "name", "scopes", "created_at", "expires_at", "last_used_at"}


def bot(token: str) -> TestClient:
    """A program with this access token. The client of the test has to be there."""
    return Client(app, headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_shown_once_and_kept_as_a_hash(session: Session, login: Login) -> None:
    client = login(make_user(session, "ana"))

    answer = client.post("/access_token/", json={"name": "My bot", "scopes": "write"})

    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == SHOWN | {"token"}
    assert (made["name"], made["scopes"], made["expires_at"], made["last_used_at"]) == (
        "My bot",
        "write",
        None,
        None,
    )
    assert made["token"].startswith("pamps_")
    (listed,) = client.get("/access_token/").json()
    assert listed == {name: made[name] for name in SHOWN}
    stored = session.exec(select(AccessToken)).one().model_dump_json()
    assert made["token"] not in stored
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_that_may_write_does_what_its_owner_does(session: Session, client: TestClient) -> None:
    ana = make_user(session, "ana")
    program = bot(make_access_token(session, ana).token)

    assert program.get("/user/me/").json()["email"] == "ana@example.com"
    assert program.post("/post/", json={"text": "From a bot."}).json()["user"]["username"] == "ana"


@pytest.mark.security(7)
def test_a_token_that_may_read_changes_nothing(session: Session, client: TestClient) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    program = bot(make_access_token(session, ana, scopes="read").token)

    assert program.get("/user/timeline/").status_code == 200
    answer = program.post(f"/user/follow/{bia.id}/")
    assert refusal(answer) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert client.get("/user/bia/").json()["followers"] == 0


@pytest.mark.security(7)
@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("POST", "/access_token/", {"name": "Another", "scopes": "write"}),
        ("GET", "/access_token/", None),
        ("GET", "/session/", None),
        ("DELETE", "/session/", None),
        ("POST", "/logout/", None),
        ("DELETE", "/user/me/", None),
        ("POST", "/user/me/password/", {"current_password": PASSWORD, "new_password": "another horse"}),
    ],
)
def test_no_token_opens_what_belongs_to_a_login(
    session: Session, client: TestClient, method: str, path: str, json: dict[str, str] | None
) -> None:
    program = bot(make_access_token(session, make_user(session)).token)

    assert refusal(program.request(method, path, json=json)) == (403, "session_required")


@pytest.mark.security(7)
def test_making_one_needs_a_fresh_token(session: Session, login: Login) -> None:
    client = login(make_user(session), fresh=False)

    answer = client.post("/access_token/", json={"name": "x", "scopes": "read"})

    assert refusal(answer) == (401, "fresh_token_required")


def test_a_revoked_token_is_dead_at_once(session: Session, login: Login) -> None:
    ana = make_user(session, "ana")
    made, other = make_access_token(session, ana), make_access_token(session, ana)

    answer = login(ana).delete(f"/access_token/{made.row.id}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(bot(made.token).get("/post/")) == (401, "invalid_token")
    assert bot(other.token).get("/post/").status_code == 200
    actions = [line.action for line in session.exec(select(AuditEntry).order_by("id"))]
    assert actions == ["access_token_made"] * 2 + ["access_token_revoked"]


def test_nobody_sees_or_revokes_the_token_of_somebody_else(session: Session, login: Login) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    made = make_access_token(session, ana)

    assert login(bia).get("/access_token/").json() == []
    assert refusal(login(bia).delete(f"/access_token/{made.row.id}/")) == (404, "access_token_not_found")
    assert bot(made.token).get("/user/me/").status_code == 200


def test_a_token_ends_when_it_says(session: Session, client: TestClient) -> None:
    made = make_access_token(session, make_user(session), expires_at=utc_now() + timedelta(minutes=1))
    assert bot(made.token).get("/user/me/").status_code == 200

    session.exec(select(AccessToken)).one().expires_at = utc_now() - timedelta(seconds=1)
    session.commit()

    assert refusal(bot(made.token).get("/user/me/")) == (401, "invalid_token")


@pytest.mark.security(9)
def test_a_token_ends_with_its_account(session: Session, client: TestClient) -> None:
    ana, bia = make_user(session), make_user(session)
    tokens = [make_access_token(session, user).token for user in (ana, bia)]

    ana.is_active = False
    session.delete(bia)
    session.commit()

    for token in tokens:
        assert refusal(bot(token).get("/user/me/")) == (401, "invalid_token")


@pytest.mark.parametrize("token", ["pamps_", "pamps_x", "pamps_" + "x" * 5000, "pamps_é"])
def test_what_was_never_made_opens_nothing(session: Session, client: TestClient, token: str) -> None:
    make_access_token(session, make_user(session))

    answer = client.get("/post/", headers={b"Authorization": f"Bearer {token}".encode()})

    assert refusal(answer) == (401, "invalid_token")


def test_the_last_use_is_written_down_once_a_minute(session: Session, client: TestClient) -> None:
    made = make_access_token(session, make_user(session))
    stored = session.exec(select(AccessToken)).one()

    bot(made.token).get("/post/")
    session.refresh(stored)
    first = stored.last_used_at
    assert first is not None
    assert utc_now() - first < timedelta(minutes=1)

    bot(made.token).post("/post/", json={"text": "At once."})
    session.refresh(stored)
    assert stored.last_used_at == first

    stored.last_used_at = first - timedelta(minutes=2)
    session.commit()
    bot(made.token).post("/post/", json={"text": "Later."})
    session.refresh(stored)
    assert stored.last_used_at > first


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \u200b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": "admin"}, "scopes"),
        ({"scopes": ["read"]}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "4102444800"}, "expires_at"),
        ({"expires_at": 4102444800}, "expires_at"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    session: Session, login: Login, change: dict[str, object], field: str
) -> None:
    body = {"name": "A bot.", "scopes": "read"} | change

    assert wrong_fields(login(make_user(session)).post("/access_token/", json=body)) == [f"body.{field}"]


def test_there_is_a_limit_to_the_tokens_of_one_user(
    session: Session, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_token_service, "MAX_ACCESS_TOKENS", 2)
    ana = make_user(session)
    for _ in range(2):
        make_access_token(session, ana)

    answer = login(ana).post("/access_token/", json={"name": "One more", "scopes": "read"})

    assert refusal(answer) == (409, "too_many_access_tokens")
