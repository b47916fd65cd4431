"""Threads: what is above a post, the tree below it page by page, and what of it somebody sees."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert
from sqlmodel import Session, col

from pamps.models import Post, User
from pamps.models.types import utc_now
from tests.conftest import Login
from tests.routes import refusal, wrong_fields
from tests.support.factories import make_like, make_post, make_user

Row = dict[str, Any]

# A tree in reading order: each reply with its depth.
TREE = [("a", 1), ("aa", 2), ("aaa", 3), ("ab", 2), ("b", 1), ("ba", 2), ("c", 1)]


@pytest.fixture
def ana(session: Session) -> User:
    return make_user(session, "ana")


@pytest.fixture
def bia(session: Session) -> User:
    return make_user(session, "bia")


@pytest.fixture
def top(session: Session, ana: User) -> Post:
    return make_post(session, ana, "top")


@pytest.fixture
def tree(session: Session, ana: User, top: Post) -> dict[str, Post]:
    """The posts of TREE below `top`, level by level, by their texts."""
    posts = {"": top}
    for text in sorted((text for text, _ in TREE), key=lambda text: (len(text), text)):
        posts[text] = make_post(session, ana, text, parent=posts[text[:-1]])
    return posts


def add_chain(session: Session, author: User, parent: Post, length: int) -> list[int]:
    """The ids of replies, each to the one before, written straight into the table."""
    ids: list[int] = []
    for _ in range(length):
        ids += add_replies(session, author, ids[-1] if ids else parent.id, 1)
    return ids


def add_replies(session: Session, author: User, parent_id: int, count: int) -> list[int]:
    """The ids of direct replies, written straight into the table."""
    row = {"user_id": author.id, "parent_id": parent_id, "text": "x", "date": utc_now()}
    added = session.scalars(insert(Post).returning(col(Post.id)), [row] * count).all()
    session.commit()
    return sorted(added)


def get_thread(client: TestClient, post: Post | int, **parameters: Any) -> Row:
    answer = client.get(f"/post/{post if isinstance(post, int) else post.id}/thread/", params=parameters)
    assert answer.status_code == 200, answer.text
    thread: Row = answer.json()
    return thread


def pages(client: TestClient, path: str) -> Iterator[list[Row]]:
    """The replies of each page, from `path` to the last."""
    address: str | None = path
    while address is not None:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        yield answer.json()["replies"]
        address = answer.links.get("next", {}).get("url")


def texts(replies: list[Row]) -> list[str]:
    return [reply["text"] for reply in replies]


# The tree


def test_replies_come_in_reading_order_with_their_depth(
    client: TestClient, top: Post, tree: dict[str, Post]
) -> None:
    thread = get_thread(client, top)

    assert [(reply["text"], reply["depth"]) for reply in thread["replies"]] == TREE
    assert {reply["more_replies"] for reply in thread["replies"]} == {False}
    assert thread["ancestors"] == []
    assert thread["post"] == client.get("/post/").json()[0]


def test_a_reply_is_a_post_with_its_place(client: TestClient, top: Post, tree: dict[str, Post]) -> None:
    (_, reply, *_) = get_thread(client, top)["replies"]

    shown = client.get(f"/post/{tree['a'].id}/replies/").json()[0]
    assert reply == shown | {"depth": 2, "more_replies": False}


def test_a_thread_in_the_middle_has_what_is_above_it(
    client: TestClient, top: Post, tree: dict[str, Post]
) -> None:
    thread = get_thread(client, tree["aa"])

    assert texts(thread["ancestors"]) == ["top", "a"]
    assert thread["ancestors"][0] == client.get("/post/").json()[0]
    assert thread["post"]["text"] == "aa"
    assert [(reply["text"], reply["depth"]) for reply in thread["replies"]] == [("aaa", 1)]


def test_a_viewer_is_told_what_they_like(
    session: Session, login: Login, bia: User, top: Post, tree: dict[str, Post]
) -> None:
    make_like(session, bia, tree["aa"])

    thread = get_thread(login(bia), tree["a"])

    assert [reply["liked"] for reply in thread["replies"]] == [True, False, False]
    assert (thread["ancestors"][0]["liked"], thread["post"]["liked"]) == (False, False)
    assert "liked" not in json.dumps(get_thread(TestClient(login(bia).app), tree["a"]))


def test_a_deleted_post_is_a_place_in_its_thread(
    login: Login, client: TestClient, ana: User, top: Post, tree: dict[str, Post]
) -> None:
    for text in ("a", "b", "ba"):
        login(ana).delete(f"/post/{tree[text].id}/")

    replies = get_thread(client, top)["replies"]
    above = get_thread(client, tree["aa"])["ancestors"]

    assert [(reply["text"], reply["deleted"]) for reply in replies] == [
        ("", True),
        ("aa", False),
        ("aaa", False),
        ("ab", False),
        ("c", False),
    ]
    assert [(place["id"], place["deleted"]) for place in above] == [(top.id, False), (tree["a"].id, True)]
    assert "hidden" not in replies[0]


def test_a_thread_of_nothing_is_not_found(client: TestClient, top: Post) -> None:
    assert refusal(client.get(f"/post/{top.id + 1}/thread/")) == (404, "post_not_found")


# Its bounds


def test_the_nearest_fifty_ancestors_are_shown(
    session: Session, client: TestClient, ana: User, top: Post
) -> None:
    chain = add_chain(session, ana, top, 200)

    above = [place["id"] for place in get_thread(client, chain[-1])["ancestors"]]
    first = get_thread(client, chain[49])["ancestors"]

    assert above == chain[149:199]
    assert [place["id"] for place in first] == [top.id, *chain[:49]]
    assert [place["parent_id"] for place in first[:2]] == [None, top.id]


def test_a_deep_thread_goes_on_in_another(session: Session, client: TestClient, ana: User, top: Post) -> None:
    chain = add_chain(session, ana, top, 205)

    seen, post = [], top.id
    while post:
        replies = get_thread(client, post)["replies"]
        seen += [reply["id"] for reply in replies]
        assert [reply["depth"] for reply in replies] == list(range(1, len(replies) + 1))
        assert not any(reply["more_replies"] for reply in replies[:-1])
        post = replies[-1]["id"] if replies[-1]["more_replies"] else 0
        assert len(replies) == (20 if post else 5)

    assert seen == chain


def test_the_deepest_tell_whether_there_is_more_below(
    session: Session, login: Login, client: TestClient, ana: User, top: Post
) -> None:
    chain = add_chain(session, ana, top, 22)
    login(ana).delete(f"/post/{chain[20]}/")  # its place stays, and no count knows of it
    leaf, loud, quiet = add_replies(session, ana, chain[18], 3)
    add_replies(session, ana, loud, 100)
    add_replies(session, ana, quiet, 1)

    replies = get_thread(client, top)["replies"]

    assert [(reply["id"], reply["more_replies"]) for reply in replies[-5:]] == [
        (chain[18], False),
        (chain[19], True),
        (leaf, False),
        (loud, True),
        (quiet, True),
    ]


def test_a_page_has_fifty_replies_or_as_many_as_asked_for(
    session: Session, client: TestClient, ana: User, top: Post
) -> None:
    ids = add_replies(session, ana, top.id, 1000)

    by_default = get_thread(client, top)["replies"]
    walked = list(pages(client, f"/post/{top.id}/thread/?limit=100"))

    assert [reply["id"] for reply in by_default] == ids[:50]
    assert [len(page) for page in walked] == [100] * 10
    assert [reply["id"] for page in walked for reply in page] == ids


@pytest.mark.parametrize("limit", [0, 101, "many"])
def test_other_limits_are_refused(client: TestClient, top: Post, limit: int | str) -> None:
    answer = client.get(f"/post/{top.id}/thread/", params={"limit": limit})

    assert wrong_fields(answer) == ["query.limit"]


# From page to page


@pytest.mark.parametrize("limit", range(1, 9))
def test_pages_joined_are_the_whole_tree(
    client: TestClient, top: Post, tree: dict[str, Post], limit: int
) -> None:
    walked = list(pages(client, f"/post/{top.id}/thread/?limit={limit}"))

    assert [(reply["text"], reply["depth"]) for page in walked for reply in page] == TREE
    assert [len(page) for page in walked[:-1]] == [limit] * (len(walked) - 1)


def test_each_page_has_the_post_and_what_is_above_it(client: TestClient, tree: dict[str, Post]) -> None:
    first = client.get(f"/post/{tree['a'].id}/thread/?limit=1")
    second = client.get(first.links["next"]["url"])

    assert texts(first.json()["ancestors"]) == ["top"]
    for part in ("ancestors", "post"):
        assert first.json()[part] == second.json()[part]


def way_to(tree: dict[str, Post], text: str) -> str:
    """The cursor of a reply."""
    return ".".join(str(tree[text[:length]].id) for length in range(1, len(text) + 1))


def test_one_can_go_on_from_every_reply(client: TestClient, top: Post, tree: dict[str, Post]) -> None:
    for number, (text, _) in enumerate(TREE, 1):
        replies = get_thread(client, top, after=way_to(tree, text))["replies"]
        assert [(reply["text"], reply["depth"]) for reply in replies] == TREE[number:], text


def test_one_can_go_on_from_the_deepest_reply(
    session: Session, client: TestClient, ana: User, top: Post
) -> None:
    chain = add_chain(session, ana, top, 21)
    after = make_post(session, ana, parent=session.get_one(Post, chain[18]))

    replies = get_thread(client, top, after=".".join(map(str, chain[:20])))["replies"]

    assert [(reply["id"], reply["depth"]) for reply in replies] == [(after.id, 20)]


@pytest.mark.parametrize(("gone", "left"), [(["aaa"], 4), (["aaa", "aa"], 4), (["aaa", "aa", "ab", "a"], 3)])
def test_one_can_go_on_from_a_reply_that_is_gone(
    login: Login, client: TestClient, ana: User, top: Post, tree: dict[str, Post], gone: list[str], left: int
) -> None:
    after = client.get(f"/post/{top.id}/thread/?limit=3").links["next"]["url"]

    for text in gone:
        assert login(ana).delete(f"/post/{tree[text].id}/").status_code == 204

    assert texts(client.get(after).json()["replies"]) == [text for text, _ in TREE[-left:][:3]]


def test_what_is_written_meanwhile_moves_nothing(
    session: Session, client: TestClient, ana: User, top: Post, tree: dict[str, Post]
) -> None:
    seen: list[str] = []
    for page in pages(client, f"/post/{top.id}/thread/?limit=2"):
        seen += texts(page)
        if len(seen) == 4:
            make_post(session, ana, "too late", parent=tree["aa"])
            make_post(session, ana, "in time", parent=tree["b"])

    assert seen == ["a", "aa", "aaa", "ab", "b", "ba", "in time", "c"]


def test_a_cursor_of_another_place_is_refused(
    session: Session, client: TestClient, ana: User, top: Post, tree: dict[str, Post]
) -> None:
    strange = make_post(session, ana, parent=make_post(session, ana))
    a, aa, b = (tree[text].id for text in ("a", "aa", "b"))

    ways = [(top.id,), (aa,), (strange.id,), (b, aa), (aa, a), (a, aa, strange.id), (top.id, a)]

    for after in (".".join(map(str, way)) for way in ways):
        answer = client.get(f"/post/{top.id}/thread/", params={"after": after})
        assert refusal(answer) == (404, "reply_not_found"), after


@pytest.mark.parametrize(
    "after", ["", "0", "-1", "a", "1.", ".1", "1..2", "01", "1.2 ", "\u0661", str(2**63), ".".join("1" * 21)]
)
def test_what_is_no_cursor_is_refused(client: TestClient, top: Post, after: str) -> None:
    answer = client.get(f"/post/{top.id}/thread/", params={"after": after})

    assert wrong_fields(answer) == ["query.after"]


def test_a_cursor_may_have_the_highest_id(client: TestClient, top: Post) -> None:
    assert get_thread(client, top, after=2**63 - 1)["replies"] == []


# What of it somebody sees
