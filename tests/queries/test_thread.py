"""Threads of random trees, against a naive model of them, for everybody who may look."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import URL
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlmodel import Session

from pamps.app import app
from pamps.db import window
from pamps.models import Post, User
from pamps.queries import thread, tree
from pamps.services import post as post_service
from pamps.services.block import block
from pamps.services.mute import mute
from tests.queries.test_lists import NEXT, undone
from tests.support.client import Client
from tests.support.factories import CLIENT, make_post, make_session, make_user

Row = dict[str, Any]
Way = tuple[int, ...]  # the ids from the first post of a thread down to one in it

DEPTH = 3
# Who hides whom, and how; dora has nothing to do with any of it. More comes at random.
ANA, BIA, CORA, DORA = range(4)
HIDINGS = [(ANA, BIA, "block"), (CORA, BIA, "mute")]

someone = st.integers(ANA, DORA)
# A post by its place among those that are there.
some_post = st.integers(0, 30)
replies = st.lists(st.tuples(someone, some_post), min_size=5, max_size=25)
hidings = st.lists(st.tuples(someone, someone, st.sampled_from(["block", "mute"])), max_size=2)
deletions = st.lists(some_post, max_size=10)
on_any_machine = hypothesis_settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Node:
    """A post, what it replies to, and who wrote it."""

    id: int
    author: int
    parent: "Node | None"
    deleted: bool = False


@dataclass
class Model:
    """Threads of four people, in the database and as a list."""

    session: Session
    nodes: list[Node] = field(default_factory=list)
    hidden: dict[tuple[int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.users = [make_user(self.session, name) for name in ("ana", "bia", "cora", "dora")]
        self.clients = [Client(app), *map(self._log_in, self.users)]  # the first is nobody
        self.write(ANA, None)

    def _log_in(self, user: User) -> TestClient:
        token = make_session(self.session, user).access_token
        return Client(app, headers={"Authorization": f"Bearer {token}"})

    def write(self, author: int, parent: Node | None) -> None:
        above = self.session.get(Post, parent.id) if parent else None
        post = make_post(self.session, self.users[author], f"Text {len(self.nodes)}", parent=above)
        self.nodes.append(Node(post.id, author, parent))

    def reply(self, author: int, place: int) -> None:
        """Reply to one that is not deleted, if there is one, and nobody hides anybody yet."""
        open_ = [node for node in self.nodes if not node.deleted]
        if open_:
            self.write(author, open_[place % len(open_)])

    def delete(self, place: int) -> None:
        living = [node for node in self.nodes if not node.deleted]
        if living:
            node = living[place % len(living)]
            post_service.delete_post(self.session, self.users[node.author], node.id, CLIENT)
            self.session.commit()
            node.deleted = True

    def hide(self, who: int, whom: int, how: str) -> None:
        if who == whom:
            return
        hide = block if how == "block" else mute
        hide(self.session, self.users[who], self.users[whom].id)
        self.session.commit()
        for pair in [(who, whom), (whom, who)] if how == "block" else [(who, whom)]:
            if self.hidden.get(pair) != "block":
                self.hidden[pair] = how

    # What should be shown

    def way(self, node: Node) -> Way:
        return (*(self.way(node.parent) if node.parent else ()), node.id)

    def there(self) -> dict[Way, Node]:
        """What is not gone: not deleted, or with something below that is not."""
        ways = {self.way(node): node for node in self.nodes}
        living = [way for way, node in ways.items() if not node.deleted]
        return {way: node for way, node in ways.items() if any(low[: len(way)] == way for low in living)}

    def place(self, node: Node, viewer: int | None) -> Row:
        why = None if viewer is None else self.hidden.get((viewer, node.author))
        text = "" if node.deleted or why else f"Text {self.nodes.index(node)}"
        name = None if why else self.users[node.author].username
        return {"id": node.id, "text": text, "deleted": node.deleted, "user": name, "hidden": why}

    def thread(self, root: Way, viewer: int | None) -> list[Row]:
        """The replies below one of those that are there. Siblings in order of their ids: so sorted ways are
        in reading order."""
        there = self.there()
        found = []
        for way, node in sorted(there.items()):
            depth = len(way) - len(root)
            if way[: len(root)] == root and 1 <= depth <= DEPTH:
                more = depth == DEPTH and any(len(low) > len(way) and low[: len(way)] == way for low in there)
                found.append(self.place(node, viewer) | {"depth": depth, "more_replies": more})
        return found


def known(row: Row) -> Row:
    """What the model knows of a place."""
    shown = {name: row[name] for name in ("id", "text", "deleted")}
    shown |= {"user": row["user"] and row["user"]["username"], "hidden": row.get("hidden")}
    return shown | {name: row[name] for name in ("depth", "more_replies") if name in row}


def walk(client: TestClient, root: int, limits: list[int]) -> Iterator[Row]:
    """The answers with the pages of a thread, from the first to the last, or until it is gone."""
    address = f"/post/{root}/thread/"
    for limit in islice(cycle(limits), 100):
        answer = client.get(str(URL(address).copy_set_param("limit", limit)))
        if answer.status_code == 404:
            return
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["replies"]) <= limit
        yield answer.json()
        following = NEXT.search(answer.headers.get("Link", ""))
        if following is None:
            return
        address = following[1]
    pytest.fail("no end")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not deep, and no more read than is needed."""
    monkeypatch.setattr(window, "STEP", 1)
    monkeypatch.setattr(tree, "MAX_DEPTH", DEPTH)
    monkeypatch.setattr(thread, "MAX_DEPTH", DEPTH)


limits = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@on_any_machine
@given(written=replies, deleted=deletions, hidden=hidings, limits=limits)
def test_a_thread_shows_what_a_naive_model_shows(
    connection: Connection,
    client: TestClient,
    written: list[tuple[int, int]],
    deleted: list[int],
    hidden: list[tuple[int, int, str]],
    limits: list[int],
) -> None:
    with undone(connection) as session:
        model = Model(session)
        for author, place in written:
            model.reply(author, place)
        for place in deleted:
            model.delete(place)
        for hiding in HIDINGS + hidden:
            model.hide(*hiding)

        for viewer, reader in zip((None, ANA, BIA, CORA, DORA), model.clients, strict=True):
            for root, node in model.there().items():
                assert_thread(model, reader, viewer, root, node, limits)


def assert_thread(
    model: Model, reader: TestClient, viewer: int | None, root: Way, node: Node, limits: list[int]
) -> None:
    answers = list(walk(reader, node.id, limits))
    if viewer is not None and model.hidden.get((viewer, node.author)) == "block":
        assert answers == []
        return
    above = [model.place(model.there()[way], viewer) for way in upwards(root)]
    assert [known(row) for answer in answers for row in answer["replies"]] == model.thread(root, viewer)
    for answer in answers:
        assert [known(row) for row in answer["ancestors"]] == above
        assert known(answer["post"]) == model.place(node, None)


def upwards(way: Way) -> list[Way]:
    return [way[:length] for length in range(1, len(way))]


meanwhile = st.lists(
    st.one_of(st.tuples(st.just("delete"), some_post), st.tuples(st.just("reply"), someone, some_post)),
    max_size=12,
)


@on_any_machine
@given(written=replies, acts=meanwhile, limits=limits)
def test_pages_neither_repeat_nor_skip_posts_despite_changes(
    connection: Connection,
    client: TestClient,
    written: list[tuple[int, int]],
    acts: list[tuple[Any, ...]],
    limits: list[int],
) -> None:
    with undone(connection) as session:
        model = Model(session)
        for author, place in written:
            model.reply(author, place)
        before, todo, shown = set(model.there()), iter(acts), []

        for answer in walk(client, model.nodes[0].id, limits):
            shown += [row["id"] for row in answer["replies"]]
            for act, *numbers in [act for act, _ in zip(todo, range(3), strict=False)]:
                getattr(model, act)(*numbers)

        ways = {node.id: model.way(node) for node in model.nodes}
        stayed = {way[-1] for way in before & set(model.there()) if 1 < len(way) <= DEPTH + 1}
        assert len(shown) == len(set(shown))
        assert shown == sorted(shown, key=lambda id_: ways[id_])
        assert stayed <= set(shown)
