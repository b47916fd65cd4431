"""What people are told of."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from tests.conftest import Login
from tests.support.factories import make_follow, make_like, make_post, make_user


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


def told(client: TestClient, which: str = "") -> list[tuple[str, str, str | None]]:
    """The notifications of who is signed in: type, actor, and the text that they are about."""
    rows = client.get(f"/notification/{which}").json()
    return [(row["type"], row["actor"]["username"], (row["post"] or {}).get("text")) for row in rows]


def test_notifications_of_follows_likes_and_replies_newest_first(
    session: Session, login: Login, ana: User, bia: User
) -> None:
    post = make_post(session, ana, "Ana's.")
    make_follow(session, bia, ana)
    make_like(session, bia, post)
    make_post(session, bia, "Bia's reply.", parent=post)

    assert told(login(ana)) == [
        ("reply", "bia", "Bia's reply."),
        ("like", "bia", "Ana's."),
        ("follow", "bia", None),
    ]
    assert told(login(bia)) == []


def test_a_notification_says_everything(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana, "Ana's.")
    make_like(session, bia, post)

    (row,) = login(ana).get("/notification/").json()

    shown = login(ana).get(f"/post/{post.id}/").json()
    shown.pop("replies")
    assert row.pop("date").endswith("Z")
    assert row.pop("id") > 0
    assert row == {
        "type": "like",
        "read": False,
        "actor": {"id": bia.id, "username": "bia", "avatar": None},
        "post": shown,
    }


def test_what_one_does_oneself_is_no_news(session: Session, login: Login, ana: User) -> None:
    post = make_post(session, ana)
    make_like(session, ana, post)
    make_post(session, ana, parent=post)

    assert told(login(ana)) == []


def test_a_like_is_told_once_however_often(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana)
    for _ in range(2):
        assert login(bia).post(f"/post/{post.id}/like/").is_success

    assert told(login(ana)) == [("like", "bia", "A text.")]


def test_a_notification_goes_with_its_cause(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana)
    make_follow(session, bia, ana)
    make_like(session, bia, post)
    reply = make_post(session, bia, parent=post)

    login(bia).delete(f"/post/{post.id}/like/")
    assert told(login(ana)) == [("reply", "bia", "A text."), ("follow", "bia", None)]
    login(bia).delete(f"/post/{reply.id}/")
    assert told(login(ana)) == [("follow", "bia", None)]
    login(bia).delete(f"/user/follow/{ana.id}/")
    assert told(login(ana)) == []


def test_likes_of_a_deleted_post_are_no_news(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana)
    make_like(session, bia, post)
    make_post(session, bia, "A reply keeps its place.", parent=post)

    login(ana).delete(f"/post/{post.id}/")

    assert [type_ for type_, *_ in told(login(ana))] == ["reply"]


def test_nobody_is_told_of_somebody_who_is_gone(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana)
    make_like(session, bia, post)
    make_follow(session, bia, ana)

    login(bia).delete("/user/me/")

    assert told(login(ana)) == []


def test_they_can_be_had_of_one_type_and_unread(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, ana)
    make_like(session, bia, post)
    make_follow(session, bia, ana)

    assert told(login(ana), "?type=follow") == [("follow", "bia", None)]
    assert told(login(ana), "?type=mention") == []
    first = login(ana).get("/notification/").json()[-1]["id"]
    assert login(ana).post("/notification/read/", json={"up_to": first}).status_code == 204
    assert told(login(ana), "?unread=true") == [("follow", "bia", None)]
    assert told(login(ana), "?unread=true&type=like") == []
    assert [row["read"] for row in login(ana).get("/notification/").json()] == [False, True]


def unread(client: TestClient) -> Any:
    return client.get("/user/me/").json()["unread_notifications"]


def test_the_account_counts_what_is_unread(session: Session, login: Login, ana: User, bia: User) -> None:
    assert unread(login(ana)) == 0
    make_follow(session, bia, ana)
    make_like(session, bia, make_post(session, ana))
    assert unread(login(ana)) == 2

    login(ana).post("/notification/read/", json={"up_to": 2**63 - 1})

    assert unread(login(ana)) == 0
    assert "unread_notifications" not in login(bia).get("/user/ana/").json()


@pytest.mark.security(12)
def test_nobody_marks_what_others_have_not_read(session: Session, login: Login, ana: User, bia: User) -> None:
    make_follow(session, bia, ana)

    login(bia).post("/notification/read/", json={"up_to": 2**63 - 1})

    assert unread(login(ana)) == 1


@pytest.mark.security(29)
@pytest.mark.parametrize("act", ["mute", "block"])
def test_who_is_hidden_is_no_news_and_not_counted(
    session: Session, login: Login, ana: User, bia: User, act: str
) -> None:
    make_like(session, bia, make_post(session, ana))

    login(ana).post(f"/user/{act}/{bia.id}/")
    assert (told(login(ana)), unread(login(ana))) == ([], 0)
    login(ana).delete(f"/user/{act}/{bia.id}/")

    assert (told(login(ana)), unread(login(ana))) == ([("like", "bia", "A text.")], 1)
