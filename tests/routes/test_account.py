"""One's own account: the profile, the address, the password, and the end."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import PASSWORD, make_follow, make_like, make_post, make_user

LogIn = Callable[[str, str], int]


@pytest.fixture
def log_in(client: TestClient) -> LogIn:
    """`log_in(name, password)`: the status of the answer."""
    return lambda name, password: (
        client.post("/token", data={"username": name, "password": password}).status_code
    )


@pytest.fixture
def ana(session: Session) -> User:
    user = make_user(session, "ana")
    user.avatar, user.bio = "https://a.test/a.png", "Old."
    session.commit()
    return user


def test_one_sees_the_own_account_with_its_address(ana: User, login: Login) -> None:
    account = login(ana, fresh=False).get("/user/me/").json()

    del account["created_at"]
    assert account == {
        "id": ana.id,
        "username": "ana",
        "avatar": "https://a.test/a.png",
        "bio": "Old.",
        "followers": 0,
        "following": 0,
        "posts": 0,
        "email": "ana@example.com",
        "unread_notifications": 0,
    }


@pytest.mark.parametrize(
    ("patch", "avatar", "bio"),
    [
        ({}, "https://a.test/a.png", "Old."),
        ({"bio": "New."}, "https://a.test/a.png", "New."),
        ({"avatar": "http://b.test/b.png"}, "http://b.test/b.png", "Old."),
        ({"avatar": None}, None, "Old."),
        ({"bio": None, "avatar": None}, None, None),
        ({"bio": " As typed.\r\n"}, "https://a.test/a.png", " As typed.\r\n"),
    ],
)
def test_a_patch_changes_what_it_names_and_null_clears(
    ana: User, login: Login, client: TestClient, patch: dict[str, Any], avatar: str | None, bio: str | None
) -> None:
    answer = login(ana, fresh=False).patch("/user/me/", json=patch)

    assert answer.status_code == 200
    assert answer.json()["email"] == "ana@example.com"
    profile = client.get("/user/ana/").json()
    assert (profile["avatar"], profile["bio"]) == (avatar, bio)
    assert (answer.json()["avatar"], answer.json()["bio"]) == (avatar, bio)


@pytest.mark.parametrize(
    "patch",
    [
        {"email": None},
        {"email": "nonsense"},
        {"username": "bia"},
        {"avatar": "javascript:alert(1)"},
        {"bio": "b" * 501},
    ],
    ids=lambda patch: next(iter(patch)),
)
def test_a_patch_that_is_not_valid_changes_nothing(ana: User, login: Login, patch: dict[str, Any]) -> None:
    client = login(ana)
    before = client.get("/user/me/").json()

    answer = client.patch("/user/me/", json={"bio": "New."} | patch)

    assert refusal(answer) == (422, "invalid_input")
    assert client.get("/user/me/").json() == before


def test_a_new_address_is_the_one_to_log_in_with(ana: User, login: Login, log_in: LogIn) -> None:
    answer = login(ana).patch("/user/me/", json={"email": "New@Example.org"})

    assert answer.status_code == 200
    assert answer.json()["email"] == "New@example.org"
    assert log_in("new@example.org", PASSWORD) == 200
    assert log_in("ana@example.com", PASSWORD) == 401


def test_a_new_address_without_a_fresh_token_changes_nothing(ana: User, login: Login) -> None:
    client = login(ana, fresh=False)
    before = client.get("/user/me/").json()

    answer = client.patch("/user/me/", json={"bio": "New.", "email": "new@example.org"})

    assert refusal(answer) == (401, "fresh_token_required")
    assert client.get("/user/me/").json() == before


def test_an_address_of_somebody_else_changes_nothing(session: Session, ana: User, login: Login) -> None:
    make_user(session, "bia")
    client = login(ana)
    before = client.get("/user/me/").json()

    answer = client.patch("/user/me/", json={"bio": "New.", "email": "BIA@example.com"})

    assert refusal(answer) == (409, "email_taken")
    assert client.get("/user/me/").json() == before


def test_the_own_address_can_be_spelt_anew(ana: User, login: Login) -> None:
    answer = login(ana).patch("/user/me/", json={"email": "ANA@example.com"})

    assert answer.json()["email"] == "ANA@example.com"


def test_a_new_password_replaces_the_old_one(
    session: Session, ana: User, login: Login, log_in: LogIn
) -> None:
    make_user(session, "bia")
    change = {"current_password": PASSWORD, "new_password": "another horse"}

    answer = login(ana).post("/user/me/password/", json=change)

    assert (answer.status_code, answer.content) == (204, b"")
    assert log_in("ana", "another horse") == 200
    assert log_in("ana", PASSWORD) == 401
    assert log_in("bia", PASSWORD) == 200


@pytest.mark.security(4)
@pytest.mark.parametrize("current", ["wrong horse", PASSWORD + " ", ""])
def test_a_new_password_needs_the_current_one(ana: User, login: Login, log_in: LogIn, current: str) -> None:
    change = {"current_password": current, "new_password": "another horse"}

    answer = login(ana).post("/user/me/password/", json=change)

    assert refusal(answer) == (403, "wrong_password")
    assert log_in("ana", PASSWORD) == 200
    assert log_in("ana", "another horse") == 401


@pytest.mark.parametrize("new", ["abc", "p" * 257, "nul\0nul\0", "", None])
def test_a_new_password_follows_the_policy(ana: User, login: Login, log_in: LogIn, new: str | None) -> None:
    answer = login(ana).post("/user/me/password/", json={"current_password": PASSWORD, "new_password": new})

    assert wrong_fields(answer) == ["body.new_password"]
    assert log_in("ana", PASSWORD) == 200


def test_a_deleted_account_is_gone(ana: User, login: Login, client: TestClient, log_in: LogIn) -> None:
    owner, elsewhere = login(ana), login(ana)

    answer = owner.delete("/user/me/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(client.get("/user/ana/")) == (404, "user_not_found")
    assert refusal(client.get("/post/user/ana/")) == (404, "user_not_found")
    assert client.get("/user/").json() == []
    assert log_in("ana", PASSWORD) == 401
    for signed_in in (owner, elsewhere):
        assert refusal(signed_in.get("/user/me/")) == (401, "invalid_token")


def test_deleting_the_account_needs_a_fresh_token(ana: User, login: Login, client: TestClient) -> None:
    answer = login(ana, fresh=False).delete("/user/me/")

    assert refusal(answer) == (401, "fresh_token_required")
    assert client.get("/user/ana/").status_code == 200


@pytest.mark.security(9)
def test_a_new_user_with_an_old_name_inherits_nothing(
    session: Session, ana: User, login: Login, client: TestClient
) -> None:
    bia = make_user(session, "bia")
    post = make_post(session, ana)
    make_like(session, ana, post)
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)
    with_old_token = login(ana)
    with_old_token.delete("/user/me/")

    account = {"email": "ana@example.com", "username": "ana", "password": "another horse"}
    made = client.post("/user/", json=account).json()

    assert made["id"] > bia.id > ana.id
    assert (made["followers"], made["following"], made["posts"], made["bio"]) == (0, 0, 0, None)
    assert refusal(with_old_token.get("/user/me/")) == (401, "invalid_token")
    lists = ("/post/user/ana/", "/post/likes/ana/", "/user/ana/followers/", "/user/ana/following/")
    assert [client.get(path).json() for path in lists] == [[]] * 4


@pytest.mark.security(9)
def test_the_id_of_the_newest_user_is_never_given_again(ana: User, login: Login, client: TestClient) -> None:
    with_old_token = login(ana)
    with_old_token.delete("/user/me/")

    account = {"email": "bia@example.com", "username": "bia", "password": "another horse"}
    made = client.post("/user/", json=account).json()

    assert made["id"] > ana.id
    assert refusal(with_old_token.get("/user/me/")) == (401, "invalid_token")


def test_deleting_an_account_keeps_the_counts_of_others_right(
    session: Session, ana: User, login: Login, client: TestClient
) -> None:
    bia, cleo = make_user(session, "bia"), make_user(session, "cleo")
    for follower, followed in ((ana, bia), (cleo, bia), (bia, ana), (bia, cleo)):
        make_follow(session, follower, followed)
    post, other = make_post(session, bia), make_post(session, bia)
    for liker, liked in ((ana, post), (cleo, post), (ana, other)):
        make_like(session, liker, liked)
    make_post(session, ana, parent=post)
    make_post(session, cleo, parent=post)

    login(ana).delete("/user/me/")

    profiles = [client.get(f"/user/{name}/").json() for name in ("bia", "cleo")]
    assert [(p["followers"], p["following"], p["posts"]) for p in profiles] == [(1, 1, 2), (1, 1, 1)]
    posts = [client.get(f"/post/{shown.id}/").json() for shown in (post, other)]
    assert [(p["likes"], p["replies_count"]) for p in posts] == [(1, 1), (0, 0)]
    assert [user["username"] for user in client.get(f"/post/{post.id}/likes/").json()] == ["cleo"]
    assert [user["username"] for user in client.get("/user/bia/followers/").json()] == ["cleo"]
    assert [user["username"] for user in client.get("/user/bia/following/").json()] == ["cleo"]
