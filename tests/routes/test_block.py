"""Mutes and blocks: what they hide. That every list keeps to them is in tests/queries/test_lists.py."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import Post, User
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_follow, make_post, make_user


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


@pytest.fixture
def post(session: Session, bia: User) -> Post:
    return make_post(session, bia, "Bia's.")


def texts(client: TestClient, path: str) -> list[str]:
    return [row["text"] for row in client.get(path).json()]


@pytest.mark.parametrize("act", ["mute", "block"])
def test_hiding_is_a_201_then_a_200_and_listed(login: Login, ana: User, bia: User, act: str) -> None:
    first, second = (login(ana).post(f"/user/{act}/{bia.id}/") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert set(first.json()) == {"id", "hidden_id", "date"}
    assert first.json()["hidden_id"] == bia.id
    (listed,) = login(ana).get(f"/user/{act}/").json()
    assert (listed["username"], listed["muted"], listed["blocked"]) == ("bia", act == "mute", act == "block")
    assert login(bia).get(f"/user/{act}/").json() == []


@pytest.mark.parametrize("act", ["mute", "block"])
def test_it_is_taken_back_however_often(login: Login, ana: User, bia: User, post: Post, act: str) -> None:
    login(ana).post(f"/user/{act}/{bia.id}/")

    for _ in range(2):
        assert login(ana).delete(f"/user/{act}/{bia.id}/").status_code == 204

    assert texts(login(ana), "/post/") == ["Bia's."]
    assert login(ana).get(f"/user/{act}/").json() == []


@pytest.mark.parametrize("act", ["mute", "block"])
def test_nobody_hides_themselves_or_nobody(login: Login, ana: User, act: str) -> None:
    assert refusal(login(ana).post(f"/user/{act}/{ana.id}/")) == (409, "self_hiding")
    assert refusal(login(ana).post(f"/user/{act}/999999/")) == (404, "user_not_found")


def test_a_mute_hides_posts_from_lists_and_not_when_asked_for(
    session: Session, login: Login, ana: User, bia: User, post: Post
) -> None:
    make_follow(session, ana, bia)
    make_post(session, bia, "A reply.", parent=post)
    login(ana).post(f"/user/mute/{bia.id}/")

    assert texts(login(ana), "/post/") == []
    assert texts(login(ana), "/user/timeline/") == []
    assert texts(login(ana), f"/post/{post.id}/replies/") == []
    assert texts(login(ana), "/post/user/bia/") == ["Bia's."]
    assert login(ana).get(f"/post/{post.id}/").json()["text"] == "Bia's."
    assert login(ana).get("/user/bia/").json()["muted"] is True
    assert login(ana).get("/user/bia/").json()["followed"] is True


@pytest.mark.security(29)
def test_who_is_muted_does_not_find_out(session: Session, login: Login, ana: User, bia: User) -> None:
    make_post(session, ana, "Ana's.")
    login(ana).post(f"/user/mute/{bia.id}/")

    shown = login(bia).get("/user/ana/").json()

    assert (shown["muted"], shown["blocked"]) == (False, False)
    assert texts(login(bia), "/post/") == ["Ana's."]


@pytest.mark.security(29)
def test_a_block_hides_both_from_each_other(
    session: Session, login: Login, ana: User, bia: User, post: Post
) -> None:
    own = make_post(session, ana, "Ana's.")
    login(ana).post(f"/user/block/{bia.id}/")

    assert texts(login(ana), "/post/") == ["Ana's."]
    assert texts(login(bia), "/post/") == ["Bia's."]
    for client, hidden in ((login(ana), post), (login(bia), own)):
        for path in ("", "replies/", "likes/"):
            answer = client.get(f"/post/{hidden.id}/{path}")
            assert refusal(answer) == (404, "post_not_found")


@pytest.mark.security(29)
def test_to_who_is_blocked_the_other_is_not_there(
    session: Session, login: Login, ana: User, bia: User
) -> None:
    make_post(session, ana, "Ana's.")
    login(ana).post(f"/user/block/{bia.id}/")

    for path in ("/user/ana/", "/user/ana/followers/", "/user/ana/following/", "/post/user/ana/"):
        assert refusal(login(bia).get(path)) == (404, "user_not_found")
    assert refusal(login(bia).post(f"/user/follow/{ana.id}/")) == (404, "user_not_found")
    assert texts(login(bia), "/post/?author=ana") == []
    assert [row["username"] for row in login(bia).get("/user/").json()] == ["bia"]


def test_who_blocks_still_sees_whom(session: Session, login: Login, ana: User, bia: User, post: Post) -> None:
    login(ana).post(f"/user/block/{bia.id}/")

    assert login(ana).get("/user/bia/").json()["blocked"] is True
    assert texts(login(ana), "/post/user/bia/") == []
    assert refusal(login(ana).post(f"/user/follow/{bia.id}/")) == (409, "blocked")


def test_a_block_ends_the_follows_of_both(
    session: Session, login: Login, client: TestClient, ana: User, bia: User
) -> None:
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)

    login(ana).post(f"/user/block/{bia.id}/")

    for name in ("ana", "bia"):
        shown = client.get(f"/user/{name}/").json()
        assert (shown["followers"], shown["following"]) == (0, 0)
    login(ana).delete(f"/user/block/{bia.id}/")
    assert login(ana).get("/user/bia/").json()["followed"] is False


@pytest.mark.security(29)
def test_nobody_likes_or_answers_across_a_block(
    login: Login, client: TestClient, ana: User, bia: User, post: Post
) -> None:
    login(bia).post(f"/user/block/{ana.id}/")

    assert refusal(login(ana).post(f"/post/{post.id}/like/")) == (404, "post_not_found")
    reply = {"text": "Hey!", "parent_id": post.id}
    assert refusal(login(ana).post("/post/", json=reply)) == (404, "parent_not_found")
    shown = client.get(f"/post/{post.id}/").json()
    assert (shown["likes"], shown["replies_count"]) == (0, 0)


def test_both_may_block_and_taking_one_back_leaves_the_other(login: Login, ana: User, bia: User) -> None:
    login(ana).post(f"/user/block/{bia.id}/")
    assert login(bia).post(f"/user/block/{ana.id}/").status_code == 201

    login(ana).delete(f"/user/block/{bia.id}/")

    assert refusal(login(ana).get("/user/bia/")) == (404, "user_not_found")
    assert login(bia).get("/user/ana/").json()["blocked"] is True


def test_a_like_that_was_there_can_be_taken_back(login: Login, ana: User, bia: User, post: Post) -> None:
    login(ana).post(f"/post/{post.id}/like/")
    login(bia).post(f"/user/block/{ana.id}/")

    assert login(ana).delete(f"/post/{post.id}/like/").status_code == 204
    assert login(bia).get(f"/post/{post.id}/").json()["likes"] == 0
