"""Logging in, staying logged in, and what a token opens."""

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from pamps.config import settings
from pamps.security import tokens as security
from pamps.security.tokens import TokenScope, make_context, read_token
from tests.conftest import Login
from tests.contracts.permissions import OPTIONAL, SIGNED_IN, requests
from tests.routes import refusal, wrong_fields
from tests.support.factories import PASSWORD, make_session, make_user

SCOPES: tuple[TokenScope, TokenScope] = ("access_token", "refresh_token")


def log_in(client: TestClient, name: str, password: str = PASSWORD) -> Response:
    return client.post("/token", data={"username": name, "password": password})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_login_gives_a_fresh_access_token_and_a_refresh_token(session: Session, client: TestClient) -> None:
    ana = make_user(session, "ana")

    answer = log_in(client, "ana")

    assert answer.status_code == 200
    pair = answer.json()
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 30 * 60)
    access, refresh = (read_token(pair[scope], scope) for scope in SCOPES)
    assert (access.user_id, access.fresh) == (ana.id, True)
    assert (refresh.user_id, refresh.fresh) == (ana.id, False)
    assert access.session_id == refresh.session_id


@pytest.mark.parametrize("name", ["Ana", "ana", "ANA", "Ana@example.com", "aNA@EXAMPLE.COM"])
def test_login_takes_name_or_email_in_any_case(session: Session, client: TestClient, name: str) -> None:
    make_user(session, "Ana")

    pair = log_in(client, name).json()

    me = client.get("/user/me/", headers=bearer(pair["access_token"]))
    assert me.json()["username"] == "Ana"


@pytest.mark.security(1)
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", PASSWORD + " "),
        ("ana", PASSWORD[:-1]),
        ("ana", PASSWORD.upper()),
        ("ana", " "),
        ("ana@example.com", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("ana%", PASSWORD),
        ("an_", PASSWORD),
        ("gone", PASSWORD),
    ],
)
def test_every_failed_login_gets_the_same_answer(
    session: Session, client: TestClient, name: str, password: str
) -> None:
    make_user(session, "ana")
    make_user(session, "gone", active=False)
    plain = log_in(client, "ana", "wrong")

    answer = log_in(client, name, password)

    assert refusal(answer) == (401, "bad_credentials")
    assert answer.content == plain.content
    for each in (answer, plain):
        del each.headers["X-Request-ID"]
    assert answer.headers == plain.headers


def test_login_without_name_and_password_says_what_is_missing(client: TestClient) -> None:
    answer = client.post("/token", data={"grant_type": "password"})

    assert wrong_fields(answer) == ["body.username", "body.password"]


def test_login_ignores_the_optional_fields_of_oauth(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    form = {"username": "ana", "password": PASSWORD, "grant_type": "password", "scope": "", "client_id": "x"}

    answer = client.post("/token", data=form)

    assert answer.status_code == 200


def test_two_logins_give_different_tokens(session: Session, client: TestClient) -> None:
    make_user(session, "ana")

    first, second = log_in(client, "ana").json(), log_in(client, "ana").json()

    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]


def test_refresh_gives_a_new_pair_that_is_not_fresh(session: Session, client: TestClient) -> None:
    make_user(session, "ana")
    old = log_in(client, "ana").json()

    answer = client.post("/refresh_token", json={"refresh_token": old["refresh_token"]})

    assert answer.status_code == 200
    new = answer.json()
    assert set(new) == set(old)
    assert (new["token_type"], new["expires_in"]) == ("bearer", 30 * 60)
    before, after = (read_token(pair["access_token"], "access_token") for pair in (old, new))
    assert (after.user_id, after.session_id) == (before.user_id, before.session_id)
    assert (before.fresh, after.fresh) == (True, False)
    again = client.post("/refresh_token", json={"refresh_token": new["refresh_token"]})
    assert again.status_code == 200


@pytest.mark.security(7)
def test_refresh_refuses_what_is_no_refresh_token(session: Session, client: TestClient) -> None:
    pair = make_session(session, make_user(session))
    access = pair.access_token

    for token in (access, "x", access[:-2], ".."):
        answer = client.post("/refresh_token", json={"refresh_token": token})
        assert refusal(answer) == (401, "invalid_token")


def test_refresh_without_any_token_asks_who_you_are(client: TestClient) -> None:
    assert refusal(client.post("/refresh_token")) == (401, "not_authenticated")


def test_refresh_ends_with_the_account(session: Session, client: TestClient) -> None:
    ana, bia = make_user(session), make_user(session)
    tokens = [make_session(session, user).refresh_token for user in (ana, bia)]

    ana.is_active = False
    session.delete(bia)
    session.commit()

    for token in tokens:
        answer = client.post("/refresh_token", json={"refresh_token": token})
        assert refusal(answer) == (401, "invalid_token")


@pytest.mark.parametrize(("method", "path"), requests(SIGNED_IN))
def test_without_a_token_the_answer_is_who_are_you(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert refusal(answer) == (401, "not_authenticated")


@pytest.mark.security(6)
@pytest.mark.parametrize(("method", "path"), requests(SIGNED_IN | OPTIONAL))
@pytest.mark.parametrize("scope", ["access_token", "refresh_token"])
def test_a_token_that_is_not_valid_is_refused_everywhere(
    session: Session, client: TestClient, method: str, path: str, scope: TokenScope
) -> None:
    ana = make_user(session, "ana")
    # A refresh token where an access token belongs, and an access token that somebody has changed.
    pair = make_session(session, ana)._asdict()
    sent = pair[scope] if scope == "refresh_token" else pair[scope].replace(".", ".A", 1)

    answer = client.request(method, path, headers=bearer(sent))

    assert refusal(answer) == (401, "invalid_token")


@pytest.mark.security(9)
@pytest.mark.parametrize("change", ["deactivated", "deleted"])
def test_the_tokens_of_an_ended_account_fail_at_once(session: Session, login: Login, change: str) -> None:
    ana = make_user(session, "ana")
    client = login(ana)
    assert client.get("/user/me/").status_code == 200

    if change == "deactivated":
        ana.is_active = False
    else:
        session.delete(ana)
    session.commit()

    for method, path in requests(SIGNED_IN | OPTIONAL):
        answer = client.request(method, path)
        assert refusal(answer) == (401, "invalid_token")


@pytest.mark.security(7)
@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("PATCH", "/user/me/", {"email": "new@example.org"}),
        ("DELETE", "/user/me/", None),
        ("POST", "/user/me/password/", {"current_password": PASSWORD, "new_password": "another horse"}),
    ],
)
def test_what_is_delicate_needs_a_fresh_token(
    session: Session, login: Login, method: str, path: str, json: dict[str, str] | None
) -> None:
    ana = make_user(session, "ana")

    refused = login(ana, fresh=False).request(method, path, json=json)
    allowed = login(ana).request(method, path, json=json)

    assert refusal(refused) == (401, "fresh_token_required")
    assert allowed.status_code in (200, 204)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_of_a_token_has_no_case(session: Session, client: TestClient, scheme: str) -> None:
    token = make_session(session, make_user(session, "ana")).access_token

    answer = client.get("/user/me/", headers={"Authorization": f"{scheme} {token}"})

    assert answer.json()["username"] == "ana"


@pytest.mark.security(4)
def test_a_login_with_an_outdated_hash_makes_a_better_one(
    session: Session, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = make_user(session, "ana")
    old = ana.password
    better = settings.security.model_copy(update={"password_schemes": ("argon2", "bcrypt")})
    monkeypatch.setattr(security, "_passwords", lambda: make_context(better))

    wrong = log_in(client, "ana", "wrong horse")
    session.refresh(ana)
    assert (wrong.status_code, ana.password) == (401, old)

    assert log_in(client, "ana").status_code == 200
    session.refresh(ana)
    upgraded = ana.password
    assert upgraded.startswith("$argon2id$")
    assert log_in(client, "ana").status_code == 200
    session.refresh(ana)
    assert ana.password == upgraded
