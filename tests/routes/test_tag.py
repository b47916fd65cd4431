"""Tags and mentions: what writing, editing and deleting do with them. Which there are in a text is in
tests/text/test_entities.py."""

from datetime import timedelta
from typing import Any

import feedparser
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.models import User
from pamps.models.types import utc_now
from pamps.queries import tag as tag_queries
from tests.conftest import Login
from tests.support.factories import make_post, make_user


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


def tagged(client: TestClient, tag: str) -> list[str]:
    return [post["text"] for post in client.get(f"/post/tag/{tag}/").json()]


def uses(client: TestClient) -> dict[str, int]:
    return {tag["name"]: tag["uses"] for tag in client.get("/tag/").json()}


def test_posts_with_a_tag_in_any_spelling_newest_first(
    session: Session, client: TestClient, ana: User
) -> None:
    post = make_post(session, ana, "#São_Paulo, a post.")
    make_post(session, ana, "#sa\u0303o_paulo, a reply.", parent=post)
    make_post(session, ana, "#sao_paulo is another one.")

    expected = ["#sa\u0303o_paulo, a reply.", "#São_Paulo, a post."]
    for tag in ("são_paulo", "S%C3%A3o_Paulo", "%23são_paulo"):
        assert tagged(client, tag) == expected
    for tag in ("unknown", "1", "a-b", "%00", "a" * 1_000):
        assert tagged(client, tag) == []


def test_uses_are_counted_as_posts_are_written_edited_deleted(
    session: Session, login: Login, client: TestClient, ana: User, bia: User
) -> None:
    first = make_post(session, ana, "#bread #butter #Bread")
    make_post(session, bia, "#bread")
    assert uses(client) == {"bread": 2, "butter": 1}

    login(ana).patch(f"/post/{first.id}/", json={"text": "#cake #butter"})
    assert uses(client) == {"bread": 1, "butter": 1, "cake": 1}
    assert tagged(client, "bread") == ["#bread"]
    assert tagged(client, "cake") == ["#cake #butter"]

    login(ana).delete(f"/post/{first.id}/")
    assert uses(client) == {"bread": 1}
    login(bia).delete("/user/me/")
    assert uses(client) == {}


def test_trends_are_what_most_people_use_lately(
    session: Session, client: TestClient, ana: User, bia: User
) -> None:
    for text in ("#spam", "#spam again", "#spam once more", "#bread"):
        make_post(session, ana, text)
    make_post(session, bia, "#bread")
    make_post(session, bia, "#old").date = utc_now() - timedelta(8)
    session.commit()

    assert client.get("/tag/trending/").json() == [
        {"name": "bread", "uses": 2, "people": 2},
        {"name": "spam", "uses": 3, "people": 1},
    ]
    assert len(client.get("/tag/trending/?limit=1").json()) == 1


@pytest.mark.parametrize("days", [None, 8])
def test_where_nobody_wrote_lately_there_are_no_trends(
    session: Session, client: TestClient, ana: User, days: int | None
) -> None:
    if days:
        make_post(session, ana, "#old").date = utc_now() - timedelta(days)
        session.commit()

    assert client.get("/tag/trending/").json() == []


def test_trends_look_at_the_latest_uses_alone(
    session: Session, client: TestClient, ana: User, bia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("#first", "#second", "#third"):
        make_post(session, ana, text)
    monkeypatch.setattr(tag_queries, "LATEST_USES", 2)

    assert [tag["name"] for tag in client.get("/tag/trending/").json()] == ["second", "third"]


def test_a_tag_has_a_feed(session: Session, client: TestClient, ana: User) -> None:
    make_post(session, ana, "Ein #Brötchen.")
    make_post(session, ana, "Noch ein #brötchen.")

    answer = client.get("/post/tag/Brötchen/feed.xml")

    feed = feedparser.parse(answer.content)
    assert (answer.status_code, feed.bozo, feed.feed.title) == (200, False, "#brötchen")
    assert [entry.title for entry in feed.entries] == ["Noch ein #brötchen.", "Ein #Brötchen."]
    assert feedparser.parse(client.get("/post/tag/unknown/feed.xml").content).entries == []


def told(client: TestClient) -> list[tuple[str, str]]:
    return [(row["type"], row["post"]["text"]) for row in client.get("/notification/").json()]


def test_who_is_mentioned_is_told_once_and_not_of_themselves(
    session: Session, login: Login, ana: User, bia: User
) -> None:
    make_post(session, ana, "Hello, @Bia, @bia, @ana, @nobody and bia@example.com!")

    assert told(login(bia)) == [("mention", "Hello, @Bia, @bia, @ana, @nobody and bia@example.com!")]
    assert told(login(ana)) == []


def test_a_reply_that_mentions_whom_it_replies_to_is_one_reply(
    session: Session, login: Login, ana: User, bia: User
) -> None:
    post = make_post(session, bia, "Bia's.")
    make_post(session, ana, "@bia, yes.", parent=post)

    assert told(login(bia)) == [("reply", "@bia, yes.")]


def test_editing_updates_notifications_of_mentions(
    session: Session, login: Login, ana: User, bia: User
) -> None:
    cleo = make_user(session, "cleo")
    post = make_post(session, ana, "@bia, @cleo")
    (first,) = login(cleo).get("/notification/").json()

    login(ana).patch(f"/post/{post.id}/", json={"text": "@cleo, @ana"})

    assert told(login(bia)) == []
    assert [row["id"] for row in login(cleo).get("/notification/").json()] == [first["id"]]
    login(ana).patch(f"/post/{post.id}/", json={"text": "@bia"})
    assert told(login(bia)) == [("mention", "@bia")]


def test_editing_a_reply_leaves_that_it_is_one(session: Session, login: Login, ana: User, bia: User) -> None:
    post = make_post(session, bia)
    reply = make_post(session, ana, "@bia", parent=post)

    login(ana).patch(f"/post/{reply.id}/", json={"text": "No name."})

    assert told(login(bia)) == [("reply", "No name.")]


FILTERED: list[tuple[dict[str, Any], list[str]]] = [
    ({"tag": "BREAD"}, ["Bia's #bread", "Ana's #bread"]),
    ({"tag": "bread", "author": "ana"}, ["Ana's #bread"]),
    ({"tag": "a-b"}, []),
    ({"q": "ana's"}, ["Ana's answered", "Ana's #bread"]),
    ({"q": "answered", "tag": "bread"}, []),
    ({"q": "!!!"}, []),
    ({"q": "from:bia"}, ["Bia's #bread"]),
    ({"q": "-bread"}, ["Ana's answered"]),
    ({"has_replies": True}, ["Ana's answered"]),
    ({"has_replies": False}, ["Bia's #bread", "Ana's #bread"]),
    ({"has_replies": False, "author": "bia"}, ["Bia's #bread"]),
    ({"author": "nobody", "tag": "bread"}, []),
    ({"author": "ana", "sort": "date", "q": "s"}, []),
    ({"sort": "date", "tag": "bread"}, ["Ana's #bread", "Bia's #bread"]),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERED)
def test_the_feed_shows_what_passes_every_filter(
    session: Session, client: TestClient, ana: User, bia: User, filters: dict[str, Any], expected: list[str]
) -> None:
    make_post(session, ana, "Ana's #bread")
    make_post(session, bia, "Bia's #bread")
    answered = make_post(session, ana, "Ana's answered")
    make_post(session, bia, "A reply about #bread", parent=answered)

    assert [post["text"] for post in client.get("/post/", params=filters).json()] == expected


def test_the_feed_between_two_moments(session: Session, client: TestClient, ana: User) -> None:
    now = utc_now()
    for hours in (50, 30, 10):
        make_post(session, ana, f"{hours} hours ago").date = now - timedelta(hours=hours)
    session.commit()

    def texts(**filters: str) -> list[str]:
        return [post["text"] for post in client.get("/post/", params=filters).json()]

    since, until = ((now - timedelta(hours=hours)).isoformat() for hours in (30, 10))
    assert texts(since=since) == ["10 hours ago", "30 hours ago"]
    assert texts(until=until) == ["30 hours ago", "50 hours ago"]
    assert texts(since=since, until=until) == ["30 hours ago"]
    assert texts(since=f"{(now + timedelta(1)).date()}") == []
    assert len(texts(since="2000-01-01", until="9999-12-31")) == 3


@pytest.mark.parametrize(
    "moment", ["yesterday", "12", "2026-13-01", "2026-11-20T10:00:00", "0001-01-01T00:00:00+14:00"]
)
@pytest.mark.parametrize("name", ["since", "until"])
def test_what_is_no_moment_is_a_422_that_says_where(client: TestClient, name: str, moment: str) -> None:
    answer = client.get("/post/", params={name: moment})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [f"query.{name}"]


def test_filtered_pages_joined_are_the_whole(session: Session, client: TestClient, ana: User) -> None:
    for number in range(7):
        make_post(session, ana, f"{number} #bread")
    texts, following = [], "/post/?tag=bread&limit=3"
    while following:
        answer = client.get(following)
        texts += [post["text"] for post in answer.json()]
        following = answer.links.get("next", {}).get("url", "")

    assert texts == [f"{number} #bread" for number in reversed(range(7))]
