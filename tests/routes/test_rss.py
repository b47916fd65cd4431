"""/user/{username}/feed.xml: what somebody wrote, for readers of feeds."""

from typing import Any

import feedparser
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from pamps.app import app
from tests.conftest import Login
from tests.routes import refusal
from tests.support.factories import make_access_token, make_like, make_post, make_user

# Readers make HTML safe; this one shows what there is.
AS_IT_IS = {"sanitize_html": False, "resolve_relative_uris": False}
TRAP = '<script>alert(1)</script> <a href="javascript:alert(1)">]]></a> &amp; \x01 \x1b'


def read(client: TestClient, name: str = "ana") -> Any:
    """What a reader of feeds makes of the answer."""
    answer = client.get(f"/user/{name}/feed.xml")
    assert answer.status_code == 200
    feed = feedparser.parse(answer.content, response_headers=dict(answer.headers), **AS_IT_IS)
    assert not feed.bozo, feed.bozo_exception
    return feed


def titles(client: TestClient, name: str = "ana") -> list[str]:
    return [item.title for item in read(client, name).entries]


def test_a_feed_has_the_newest_posts_of_one_person_newest_first(session: Session, client: TestClient) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    for number in range(22):
        make_post(session, ana, f"Text {number}")
    make_post(session, bia, "Another's")

    feed = read(client)

    assert [item.title for item in feed.entries] == [f"Text {number}" for number in range(21, 1, -1)]
    assert {item.author for item in feed.entries} == {"ana"}
    assert feed.feed.title == "ana"


def test_an_item_is_the_post(session: Session, client: TestClient) -> None:
    ana = make_user(session, "Ana")
    post = make_post(session, ana, "Um título\ne uma linha")

    feed = read(client)
    (item,) = feed.entries

    assert (item.title, item.description) == ("Um título", "Um título<br>e uma linha")
    assert item.link == item.id == f"http://127.0.0.1:8000/post/{post.id}/"
    assert item.published_parsed[:6] == post.date.timetuple()[:6]
    assert feed.feed.link == "http://127.0.0.1:8000/user/Ana/"


def test_replies_and_deleted_posts_are_not_in_it(session: Session, client: TestClient, login: Login) -> None:
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    stays, place = make_post(session, ana, "Stays"), make_post(session, ana, "Goes, with a reply")
    gone = make_post(session, ana, "Goes")
    make_post(session, ana, "A reply", parent=stays)
    make_post(session, bia, "A reply", parent=place)

    for post in (place, gone):
        assert login(ana).delete(f"/post/{post.id}/").status_code == 204

    assert titles(client) == ["Stays"]
    assert titles(client, "bia") == []


@pytest.mark.security(21)
def test_what_somebody_wrote_is_text_in_a_feed(session: Session, client: TestClient) -> None:
    make_post(session, make_user(session, "ana"), TRAP)

    (item,) = read(client).entries

    escaped = (
        '&lt;script&gt;alert(1)&lt;/script&gt; &lt;a href="javascript:alert(1)"&gt;]]&gt;&lt;/a&gt;'
        " &amp;amp; \ufffd \ufffd"
    )
    assert item.description == escaped
    assert "<" not in item.title


def test_a_feed_says_what_it_is(session: Session, client: TestClient) -> None:
    make_user(session, "ana")

    answer = client.get("/user/ana/feed.xml")

    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    documented = app.openapi()["paths"]["/user/{username}/feed.xml"]["get"]["responses"]["200"]
    assert documented["content"] == {"application/rss+xml": {"schema": {"type": "string"}}}


@pytest.mark.parametrize("path", ["/user/ana/feed.xml", "/user/ana/feed.xml/", "/user/ANA/feed.xml"])
def test_a_feed_is_found_with_or_without_slash_and_in_any_case(
    session: Session, client: TestClient, path: str
) -> None:
    make_user(session, "ana")

    answer = client.get(path, follow_redirects=False)

    assert answer.status_code == 200
    assert b'href="http://127.0.0.1:8000/user/ana/feed.xml"' in answer.content


@pytest.mark.parametrize("name", ["nobody", "me", "feed.xml", "%00", "%C3%A9"])
def test_nobody_has_no_feed(client: TestClient, name: str) -> None:
    assert refusal(client.get(f"/user/{name}/feed.xml")) == (404, "user_not_found")


def test_there_is_a_feed_of_users_only(client: TestClient) -> None:
    assert refusal(client.get("/user/feed.xml")) == (404, "user_not_found")


def test_a_feed_is_the_same_for_everybody(session: Session, client: TestClient, login: Login) -> None:
    ana = make_user(session, "ana")
    make_like(session, ana, make_post(session, ana))
    token = make_access_token(session, ana).token

    feeds = [
        client.get("/user/ana/feed.xml"),
        login(ana).get("/user/ana/feed.xml"),
        client.get("/user/ana/feed.xml", headers={"Authorization": f"Bearer {token}"}),
        client.get("/user/ana/feed.xml", headers={"Authorization": "Bearer of no token"}),
    ]

    assert {feed.content for feed in feeds} == {feeds[0].content}


def test_an_unchanged_feed_is_a_304(session: Session, client: TestClient, login: Login) -> None:
    ana = make_user(session, "ana")
    statuses = []
    for text in ("One", "Two"):
        known = {"If-None-Match": client.get("/user/ana/feed.xml").headers["ETag"]}
        statuses.append(client.get("/user/ana/feed.xml", headers=known).status_code)
        make_post(session, ana, text)
        statuses.append(client.get("/user/ana/feed.xml", headers=known).status_code)

    assert statuses == [304, 200, 304, 200]
    assert titles(client) == ["Two", "One"]
