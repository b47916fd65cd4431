"""Registration, and people as others see them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import make_follow, make_like, make_post, make_user

PUBLIC = {"id", "username", "avatar", "bio", "created_at", "followers", "following", "posts"}
RESERVED = "me ME Timeline follow admin api oauth media tags users static docs user post token health ready"


def account(**changes: Any) -> dict[str, Any]:
    """A registration."""
    return {"email": "ana@example.com", "username": "ana", "password": "correct horse"} | changes


def test_registration_shows_the_new_account_to_its_owner(client: TestClient) -> None:
    answer = client.post("/user/", json=account(username="Ana_1", avatar="https://a.test/a.png", bio="Hi."))

    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == PUBLIC | {"email"}
    assert made["created_at"].endswith("Z")
    del made["id"], made["created_at"]
    assert made == {
        "username": "Ana_1",
        "avatar": "https://a.test/a.png",
        "bio": "Hi.",
        "followers": 0,
        "following": 0,
        "posts": 0,
        "email": "ana@example.com",
    }


@pytest.mark.security(11)
def test_a_new_account_can_log_in_and_is_no_superuser(session: Session, client: TestClient) -> None:
    post = make_post(session, make_user(session))
    client.post("/user/", json=account())

    pair = client.post("/token", data={"username": "ana", "password": "correct horse"}).json()

    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert client.get("/user/me/", headers=headers).json()["email"] == "ana@example.com"
    assert refusal(client.delete(f"/post/{post.id}/", headers=headers)) == (403, "not_author")


def test_avatar_and_bio_are_optional(client: TestClient) -> None:
    made = client.post("/user/", json=account()).json()

    assert (made["avatar"], made["bio"]) == (None, None)


@pytest.mark.security(17)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "other@example.com"}, "username_taken"),
        ({"email": "other@example.com", "username": "ANA"}, "username_taken"),
        ({"username": "other"}, "email_taken"),
        ({"username": "other", "email": "ANA@Example.COM"}, "email_taken"),
    ],
)
def test_names_and_addresses_are_taken_in_any_case(
    session: Session, client: TestClient, changes: dict[str, str], code: str
) -> None:
    make_user(session, "Ana")

    answer = client.post("/user/", json=account(**changes))

    assert refusal(answer) == (409, code)
    assert [user["username"] for user in client.get("/user/").json()] == ["Ana"]


@pytest.mark.security(17)
@pytest.mark.parametrize("email", ["ana@bu\u0308cher.example", "ana@xn--bcher-kva.example"])
def test_an_address_in_another_unicode_form_is_the_same(client: TestClient, email: str) -> None:
    client.post("/user/", json=account(email="ana@b\u00fccher.example"))

    answer = client.post("/user/", json=account(username="bia", email=email))

    assert refusal(answer) == (409, "email_taken")


@pytest.mark.parametrize("name", RESERVED.split())
def test_reserved_names_belong_to_nobody(client: TestClient, name: str) -> None:
    answer = client.post("/user/", json=account(username=name))

    assert wrong_fields(answer) == ["body.username"]


@pytest.mark.security(16)
@pytest.mark.parametrize("name", ["", "a" * 31, "a b", "a-b", "a.b", "@ana", "ána", "ana\n", " ana", "аna"])
def test_names_are_made_of_letters_digits_and_underscores(client: TestClient, name: str) -> None:
    answer = client.post("/user/", json=account(username=name))

    assert wrong_fields(answer) == ["body.username"]


@pytest.mark.parametrize("name", ["a", "_", "7", "A" * 30, "me_too"])
def test_names_are_shown_as_typed(client: TestClient, name: str) -> None:
    answer = client.post("/user/", json=account(username=name))

    assert answer.json()["username"] == name


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "a b@example.com",
        "ana@example",
        "Ana <ana@example.com>",
        "a@b@c.de",
        "ana@example.com\n",
        "ana@" + "a." * 126 + "com",
        "ana@[127.0.0.1]",
    ],
)
def test_addresses_must_be_valid(client: TestClient, email: str) -> None:
    answer = client.post("/user/", json=account(email=email))

    assert wrong_fields(answer) == ["body.email"]


@pytest.mark.security(21)
@pytest.mark.parametrize(
    "avatar",
    [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "ftp://a.test/a.png",
        "//a.test/a.png",
        "a.png",
        "",
        "https://",
        "https://a b/",
        "https://[::1",
        "https://a.test/\n",
        "https://a.test/" + "a" * 486,
    ],
)
def test_avatars_are_web_addresses(client: TestClient, avatar: str) -> None:
    answer = client.post("/user/", json=account(avatar=avatar))

    assert wrong_fields(answer) == ["body.avatar"]


@pytest.mark.security(4)
@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        ("password", "abcd", "abc"),
        ("password", "p" * 256, "p" * 257),
        ("bio", "🙂" * 500, "🙂" * 501),
        ("avatar", "http://a.test/" + "a" * 486, "http://a.test/" + "a" * 487),
    ],
)
def test_lengths_are_counted_in_characters(
    client: TestClient, field: str, accepted: str, refused: str
) -> None:
    too_long = client.post("/user/", json=account(**{field: refused}))
    just_right = client.post("/user/", json=account(**{field: accepted}))

    assert wrong_fields(too_long) == [f"body.{field}"]
    assert just_right.status_code == 201


@pytest.mark.parametrize("field", ["email", "username", "password"])
@pytest.mark.parametrize("how", ["missing", "null", "number"])
def test_registration_needs_three_texts(client: TestClient, field: str, how: str) -> None:
    body = account(**{field: None if how == "null" else 12345678})
    if how == "missing":
        del body[field]

    answer = client.post("/user/", json=body)

    assert wrong_fields(answer) == [f"body.{field}"]


def test_everybody_is_listed_oldest_first(session: Session, client: TestClient) -> None:
    names = ["cleo", "ana", "Bia"]
    for name in names:
        make_user(session, name)

    users = client.get("/user/").json()

    assert [user["username"] for user in users] == names
    assert all(set(user) == PUBLIC for user in users)


def test_a_profile_is_found_by_name_in_any_case(session: Session, client: TestClient) -> None:
    ana = make_user(session, "Ana")

    profiles = [client.get(f"/user/{name}/").json() for name in ("Ana", "ana", "ANA")]

    assert [(profile["id"], profile["username"]) for profile in profiles] == [(ana.id, "Ana")] * 3
    assert set(profiles[0]) == PUBLIC


@pytest.mark.parametrize("name", ["bia", "an", "anaa", "%25", "an_", "a%25", "%20ana", "1", "á"])
def test_an_unknown_name_is_not_there(session: Session, client: TestClient, name: str) -> None:
    make_user(session, "ana")

    for path in (f"/user/{name}/", f"/user/{name}/followers/", f"/user/{name}/following/"):
        assert refusal(client.get(path)) == (404, "user_not_found")


def test_a_profile_counts_followers_following_and_posts(session: Session, client: TestClient) -> None:
    ana, bia, cleo = make_user(session, "ana"), make_user(session), make_user(session)
    make_follow(session, bia, ana)
    make_follow(session, cleo, ana)
    make_follow(session, ana, cleo)
    first = make_post(session, ana)
    make_post(session, ana, parent=first)
    make_post(session, bia, parent=first)

    profile = client.get("/user/ana/").json()

    assert (profile["followers"], profile["following"], profile["posts"]) == (2, 1, 2)


def test_a_profile_shows_signed_in_viewers_their_relationship(session: Session, login: Login) -> None:
    ana, bia, cleo = make_user(session, "ana"), make_user(session, "bia"), make_user(session, "cleo")
    make_follow(session, ana, bia)
    client = login(ana), login(bia), login(cleo)

    seen = [
        [client[0].get("/user/bia/").json(), client[0].get("/user/").json()[1]],
        [client[1].get("/user/ana/").json(), client[1].get("/user/").json()[0]],
        [client[2].get("/user/ana/").json(), client[2].get("/user/").json()[0]],
    ]

    ties = [[(user["followed"], user["follows_you"]) for user in users] for users in seen]
    assert ties == [[(True, False)] * 2, [(False, True)] * 2, [(False, False)] * 2]
    known = PUBLIC | {"followed", "follows_you", "muted", "blocked"}
    assert all(set(user) == known for users in seen for user in users)


@pytest.mark.security(12)
def test_an_address_is_shown_only_to_its_owner_and_to_superusers(session: Session, login: Login) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    root = make_user(session, "boss", superuser=True)
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)
    post = make_post(session, bia)
    make_like(session, ana, post)
    paths = [
        "/user/ana/",
        "/user/",
        "/user/bia/followers/",
        "/user/bia/following/",
        f"/post/{post.id}/likes/",
    ]

    seen_by_bia = [login(bia).get(path).text for path in paths]
    seen_by_root = [login(root).get(path).text for path in paths]

    assert not [text for text in seen_by_bia if "ana@example.com" in text]
    assert all("ana@example.com" in text for text in seen_by_root)
    assert login(ana).get("/user/me/").json()["email"] == "ana@example.com"
