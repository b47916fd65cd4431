"""Every list, on random people and posts, against a naive model of what it should show.

The model is that of the real texts (benchmarks/real_texts_model.py): lists in memory, no SQL.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlmodel import Session

from benchmarks.real_texts_model import Diary, Expected, Person, Post, Row
from pamps.db import window
from pamps.errors import PampsError
from pamps.models.post import PostRequest
from pamps.models.user import User
from pamps.queries import timeline
from pamps.services import block as block_service
from pamps.services import follow as follow_service
from pamps.services import like as like_service
from pamps.services import mute as mute_service
from pamps.services import post as post_service
from tests.support.factories import CLIENT, make_session, make_user

PEOPLE = 4
NEXT = re.compile(r'<http://testserver([^>]+)>; rel="next"')
UNTOLD = {"created_at", "date", "snippet"}

someone = st.integers(0, PEOPLE - 1)
# Of what was written so far, counted from the latest.
some_post = st.integers(0, 7)
writing = st.tuples(st.just("write"), someone)
following = st.tuples(st.just("follow"), someone, someone)
acts = st.one_of(
    writing,
    writing,  # twice, and following too: a list wants several pages
    st.tuples(st.just("reply"), someone, some_post),
    st.tuples(st.just("like"), someone, some_post),
    st.tuples(st.just("unlike"), someone, some_post),
    st.tuples(st.just("delete"), some_post),
    following,
    following,
    st.tuples(st.just("unfollow"), someone, someone),
    *(st.tuples(st.just(act), someone, someone) for act in ("mute", "unmute", "block", "unblock")),
)


class News(NamedTuple):
    """Who is told what, by whom, and of which post."""

    reader: Person
    type: str
    actor: Person
    post: Post | None


@dataclass
class World:
    """A few people who do things by the services of Pamps, and the diary of what they did."""

    session: Session
    users: list[User] = field(default_factory=list)
    diaries: list[Diary] = field(default_factory=list)
    written: list[Post] = field(default_factory=list)
    news: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(PEOPLE):
            user = make_user(self.session, f"person{number}")
            token = make_session(self.session, user).access_token
            self.users.append(user)
            self.diaries.append(Diary(Person(user.id, user.username, token)))

    def do(self, act: str, *numbers: int) -> None:
        """One act, where it is possible at all."""
        try:
            getattr(self, act)(*numbers)
        except (PampsError, LookupError):
            self.session.rollback()
        else:
            self.session.commit()

    def post(self, back: int) -> Post:
        """A post that was written before."""
        return self.written[::-1][back]

    def write(self, who: int, parent: Post | None = None) -> None:
        number = len(self.written)
        mentioned = self.diaries[number % PEOPLE].person if number % 3 else None
        text = f"Text {number}{' #even' * (number % 2 == 0)}{f' @{mentioned.name}' if mentioned else ''}"
        request = PostRequest(text=text, parent_id=parent.id if parent else None)
        made = post_service.create_post(self.session, self.users[who], request)
        post = Post(made.id, self.diaries[who].person, text, parent)
        self.diaries[who].posts.append(post)
        self.written.append(post)
        if parent:
            self.tell(News(parent.author, "reply", post.author, post))
        if mentioned and not (parent and parent.author is mentioned):
            self.tell(News(mentioned, "mention", post.author, post))

    def tell(self, news: News) -> None:
        if news.reader is not news.actor and news not in self.news:
            self.news.append(news)

    def take_back(self, news: News) -> None:
        self.news = [other for other in self.news if other != news]

    def reply(self, who: int, back: int) -> None:
        self.write(who, self.post(back))

    def like(self, who: int, back: int) -> None:
        post = self.post(back)
        like, _ = like_service.like(self.session, self.users[who], post.id)
        self.diaries[who].likes[post] = like.id
        self.tell(News(post.author, "like", self.diaries[who].person, post))

    def unlike(self, who: int, back: int) -> None:
        post = self.post(back)
        like_service.unlike(self.session, self.users[who], post.id)
        self.diaries[who].likes.pop(post, None)
        self.take_back(News(post.author, "like", self.diaries[who].person, post))

    def delete(self, back: int) -> None:
        post = self.post(back)
        author = next(user for user in self.users if user.id == post.author.id)
        post_service.delete_post(self.session, author, post.id, CLIENT)
        post.deleted = True
        self.news = [news for news in self.news if news.post is not post]

    def follow(self, who: int, whom: int) -> None:
        follow, _ = follow_service.follow(self.session, self.users[who], self.users[whom].id)
        self.diaries[who].follows[self.diaries[whom].person] = follow.id
        self.tell(News(self.diaries[whom].person, "follow", self.diaries[who].person, None))

    def unfollow(self, who: int, whom: int) -> None:
        follow_service.unfollow(self.session, self.users[who], self.users[whom].id)
        self.end_follow(who, whom)

    def end_follow(self, who: int, whom: int) -> None:
        follower, followed = self.diaries[who].person, self.diaries[whom].person
        self.diaries[who].follows.pop(followed, None)
        self.take_back(News(followed, "follow", follower, None))

    def mute(self, who: int, whom: int) -> None:
        made, _ = mute_service.mute(self.session, self.users[who], self.users[whom].id)
        self.diaries[who].mutes[self.diaries[whom].person] = made.id

    def unmute(self, who: int, whom: int) -> None:
        mute_service.unmute(self.session, self.users[who], self.users[whom].id)
        self.diaries[who].mutes.pop(self.diaries[whom].person, None)

    def block(self, who: int, whom: int) -> None:
        made, _ = block_service.block(self.session, self.users[who], self.users[whom].id)
        self.diaries[who].blocks[self.diaries[whom].person] = made.id
        self.end_follow(who, whom)
        self.end_follow(whom, who)

    def unblock(self, who: int, whom: int) -> None:
        block_service.unblock(self.session, self.users[who], self.users[whom].id)
        self.diaries[who].blocks.pop(self.diaries[whom].person, None)


@contextmanager
def undone(connection: Connection) -> Iterator[Session]:
    """A session whose commits are undone at the end: each example begins with nothing."""
    savepoint = connection.begin_nested()
    try:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
    finally:
        savepoint.rollback()


def walk(client: TestClient, path: str, limit: int, token: str | None = None) -> list[Row] | None:
    """A whole list, page by page, without what cannot be foretold; None if it is not there."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    rows: list[Row] = []
    address: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while address is not None:
        answer = client.get(address, headers=headers)
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page) <= limit
        rows += [{name: value for name, value in row.items() if name not in UNTOLD} for row in page]
        assert len(rows) < 1000, f"no end of {path}"
        following = NEXT.search(answer.headers.get("Link", ""))
        address = following[1] if following else None
    return rows


def lists_of(expected: Expected, viewer: Person | None) -> Iterator[tuple[str, list[Row] | None]]:
    """Every list as the viewer sees it: its address and what it should show, None if it is not there."""
    yield "/post/", expected.feed(viewer)
    yield "/post/?sort=date", expected.feed(viewer)[::-1]
    yield "/user/", expected.everybody(viewer)
    for person in expected.people:
        top_level, everything = (
            expected.archive(person, viewer, include_replies=flag) for flag in (False, True)
        )
        yield f"/post/?author={person.name}", top_level[::-1]
        is_there = (person, viewer) not in expected.blocks
        for path, rows in (
            (f"/post/user/{person.name}/", top_level),
            (f"/post/user/{person.name}/?include_replies=true&sort=-date", everything[::-1]),
            (f"/post/likes/{person.name}/", expected.liked(person, viewer)),
            (f"/user/{person.name}/followers/", expected.followers(person, viewer)),
            (f"/user/{person.name}/following/", expected.following(person, viewer)),
        ):
            yield path, rows if is_there else None
    for post in expected.there:
        is_there = expected.sees(viewer, post.author, even_muted=True)
        yield f"/post/{post.id}/replies/", expected.replies(post, viewer) if is_there else None
        yield f"/post/{post.id}/likes/", expected.likers(post, viewer) if is_there else None


def found_lists(expected: Expected, viewer: Person | None) -> Iterator[tuple[str, list[Row]]]:
    """What is found by words, tags and authors."""
    newest = [post for post in reversed(expected.living) if expected.sees(viewer, post.author)]
    even = [post for post in newest if "#even" in post.text]
    found = {
        "/post/tag/even/": even,
        "/search/?sort=-date&q=%23even": even,
        "/search/?sort=date&q=text": newest[::-1],
        "/search/?sort=-date&q=-even": [post for post in newest if post not in even],
        "/post/?tag=even": [post for post in even if post.parent is None],
        "/post/?q=text+-even&has_replies=true": [
            post for post in newest if post.parent is None and post not in even and expected.replies_to[post]
        ],
    }
    for person in expected.people:
        # Who asks for somebody by name goes and looks, also at whom they muted.
        theirs = [post for post in reversed(expected.living) if post.author is person]
        named = [post for post in theirs if expected.sees(viewer, person, even_muted=True)]
        found[f"/search/?sort=-date&q=from:{person.name}"] = named
        found[f"/post/?tag=even&author={person.name}"] = [
            post for post in named if post.parent is None and "#even" in post.text
        ]
        found[f"/search/?sort=-date&q=text+-from:{person.name}"] = [p for p in newest if p not in theirs]
    for path, posts in found.items():
        yield path, [expected.post(post, viewer) for post in posts]
    uses = sum("#even" in post.text for post in expected.living)
    people = len({post.author for post in even})
    yield "/tag/trending/", [{"name": "even", "uses": uses, "people": people}] if people else []


def news_of(world: World, expected: Expected, viewer: Person) -> list[Row]:
    """What somebody is told, newest first."""
    return [
        {
            "type": news.type,
            "read": False,
            "actor": {"id": news.actor.id, "username": news.actor.name, "avatar": None},
            "post": expected.post(news.post, viewer) if news.post else None,
        }
        for news in reversed(world.news)
        if news.reader is viewer and expected.sees(viewer, news.actor)
    ]


def told(client: TestClient, limit: int, viewer: Person) -> list[Row]:
    """What the server tells somebody, without what cannot be foretold."""
    rows = walk(client, "/notification/", limit, viewer.token)
    assert rows is not None
    ids = [row.pop("id") for row in rows]
    assert ids == sorted(ids, reverse=True)
    for row in rows:
        if row["post"]:
            row["post"].pop("date")
    return rows


def own_lists(expected: Expected, viewer: Person) -> Iterator[tuple[str, list[Row]]]:
    """The lists that only somebody who is signed in has."""
    yield "/user/mute/", expected.muted(viewer)
    yield "/user/block/", expected.blocked(viewer)
    for replies in (False, True):
        for own in (False, True):
            path = f"/user/timeline/?include_replies={replies}&include_own={own}"
            yield path, expected.timeline(viewer, include_replies=replies, include_own=own)


@pytest.fixture(params=[1, 25])
def short_reach(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Windows of one row more than the page, so that timelines find whole pages either way: the less is
    looked through of what everybody wrote, the more often each author is asked."""
    monkeypatch.setattr(window, "STEP", 1)
    monkeypatch.setattr(timeline, "REACH", request.param)
    timeline.select_latest.cache_clear()  # type: ignore[attr-defined]
    yield
    timeline.select_latest.cache_clear()  # type: ignore[attr-defined]


@pytest.mark.security(29)
@hypothesis_settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(acts, min_size=20, max_size=40), limit=st.integers(1, 4), who=someone)
def test_every_list_shows_what_a_naive_model_shows(
    connection: Connection,
    client: TestClient,
    short_reach: None,
    story: list[tuple[Any, ...]],
    limit: int,
    who: int,
) -> None:
    with undone(connection) as session:
        world = World(session)
        for act in story:
            world.do(*act)

        expected = Expected(world.diaries)
        viewer = expected.people[who]
        everybodys = (chain(lists_of(expected, one), found_lists(expected, one)) for one in (None, viewer))
        for path, rows in next(everybodys):
            assert walk(client, path, limit) == rows, path
        for path, rows in chain(next(everybodys), own_lists(expected, viewer)):
            assert walk(client, path, limit, viewer.token) == rows, path
        for reader in expected.people:
            news = news_of(world, expected, reader)
            assert told(client, limit, reader) == news
            account = client.get("/user/me/", headers={"Authorization": f"Bearer {reader.token}"})
            assert account.json()["unread_notifications"] == len(news)
        for post in expected.there:
            for one in (None, viewer):
                headers = {"Authorization": f"Bearer {one.token}"} if one else {}
                shown = client.get(f"/post/{post.id}/", headers=headers)
                assert shown.is_success is expected.sees(one, post.author, even_muted=True)
                if shown.is_success:
                    replies = [reply["id"] for reply in shown.json()["replies"]]
                    assert replies == [row["id"] for row in expected.replies(post, one)]
