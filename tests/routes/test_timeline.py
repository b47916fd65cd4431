"""The home timeline."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import make_follow, make_like, make_post, make_user


def texts(client: TestClient, **flags: bool) -> list[str]:
    """What the timeline shows, in its order."""
    return [post["text"] for post in client.get("/user/timeline/", params=flags).json()]


@pytest.fixture
def ana(session: Session) -> User:
    """Follows bia, not cleo; all three write and reply."""
    ana, bia, cleo = (make_user(session, name) for name in ("ana", "bia", "cleo"))
    make_follow(session, ana, bia)
    make_follow(session, cleo, ana)
    post = make_post(session, cleo, "Cleo writes.")
    make_post(session, bia, "Bia writes.")
    make_post(session, ana, "Ana writes.")
    make_post(session, bia, "Bia replies.", parent=post)
    make_post(session, cleo, "Cleo replies.", parent=post)
    make_post(session, ana, "Ana replies.", parent=post)
    make_post(session, bia, "Bia writes again.")
    return ana


def test_it_shows_posts_and_replies_of_the_followed_newest_first(login: Login, ana: User) -> None:
    assert texts(login(ana)) == ["Bia writes again.", "Bia replies.", "Bia writes."]


def test_it_can_leave_out_replies(login: Login, ana: User) -> None:
    assert texts(login(ana), include_replies=False) == ["Bia writes again.", "Bia writes."]


def test_it_can_show_the_own_posts_too(login: Login, ana: User) -> None:
    own_too = texts(login(ana), include_own=True)
    without_replies = texts(login(ana), include_own=True, include_replies=False)

    assert own_too == ["Bia writes again.", "Ana replies.", "Bia replies.", "Ana writes.", "Bia writes."]
    assert without_replies == ["Bia writes again.", "Ana writes.", "Bia writes."]


def test_it_hides_posts_of_strangers(session: Session, login: Login, ana: User) -> None:
    assert texts(login(make_user(session))) == []


def test_unfollowing_takes_the_posts_away(session: Session, login: Login, ana: User) -> None:
    bia_id = login(ana).get("/user/bia/").json()["id"]

    login(ana).delete(f"/user/follow/{bia_id}/")

    assert texts(login(ana)) == []


def test_it_shows_whole_posts(session: Session, login: Login, ana: User) -> None:
    cleo = make_user(session, "dora")
    make_follow(session, ana, cleo)
    post = make_post(session, cleo, "Dora writes.")
    make_like(session, ana, post)

    shown = login(ana).get("/user/timeline/").json()[0]

    assert shown == login(ana).get("/post/", params={"author": "dora"}).json()[0]
    assert (shown["id"], shown["liked"], shown["likes"]) == (post.id, True, 1)
    assert shown["user"] == {"id": cleo.id, "username": "dora", "avatar": None}


@pytest.mark.parametrize("flag", ["include_replies", "include_own"])
@pytest.mark.parametrize("value", ["maybe", "2", "", "null"])
def test_its_flags_are_yes_or_no(login: Login, ana: User, flag: str, value: str) -> None:
    answer = login(ana).get("/user/timeline/", params={flag: value})

    assert wrong_fields(answer) == [f"query.{flag}"]


def test_it_is_nobody_elses_and_no_user_name(client: TestClient, ana: User) -> None:
    assert refusal(client.get("/user/timeline/")) == (401, "not_authenticated")
