"""Writers who note what they asked for and what was acknowledged. A test crashes what they write to, and then
compares."""

import itertools
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Event
from typing import Any

import httpx2
from sqlalchemy import create_engine, text

from tests.support.processes import PATIENCE_SECONDS
from tests.support.server import Server

WRITERS = 4
# Each in one statement, and so in one moment: a backend may still finish what a killed server had begun.
WRONG_COUNTS = (
    """SELECT id FROM "user"
    WHERE posts <> (SELECT count(*) FROM post WHERE user_id = "user".id AND NOT deleted)""",
    """SELECT id FROM post
    WHERE replies_count <> (SELECT count(*) FROM post AS r WHERE r.parent_id = post.id AND NOT r.deleted)""",
)


@dataclass
class Ledger:
    """Writers, each with an account of its own, who all reply to one post."""

    tokens: list[str]
    post_id: int
    asked: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    _changed: Condition = field(default_factory=Condition)

    def write(self, client: httpx2.Client, words: str) -> httpx2.Response:
        """Reply with these words, once, and note what came back."""
        with self._changed:
            self.asked.add(words)
        answer = client.post("/post/", json={"text": words, "parent_id": self.post_id})
        with self._changed:
            self.statuses[answer.status_code] += 1
            if answer.status_code == 201:
                self.acknowledged.add(words)
            self._changed.notify_all()
        return answer

    def wait_for(self, more: int, status: int = 201) -> None:
        """Return as soon as that many more answers had the status."""
        with self._changed:
            goal = self.statuses[status] + more
            assert self._changed.wait_for(lambda: self.statuses[status] >= goal, PATIENCE_SECONDS), self

    def compare(self, server: Server) -> list[str]:
        """What is wrong: acknowledged and not there, there twice, there and never asked for."""
        kept = Counter(read_replies(server, self.post_id))
        wrong = [f"lost: {words}" for words in self.acknowledged - set(kept)]
        wrong += [f"{times} times: {words}" for words, times in kept.items() if times > 1]
        return wrong + [f"never asked for: {words}" for words in set(kept) - self.asked]


def open_ledger(server: Server, *, writers: int = WRITERS, team: str = "writer") -> Ledger:
    """Make the accounts, named after their team, and the post that they reply to."""
    tokens = [server.register(f"{team}{number}") for number in range(writers)]
    with server.client(tokens[0]) as client:
        post = client.post("/post/", json={"text": "Reply to this."}).json()
    return Ledger(tokens, int(post["id"]))


@contextmanager
def writing(server: Server, ledger: Ledger) -> Iterator[None]:
    """All of them write at once, as fast as they can, until the block ends or the server is gone."""
    over = Event()
    with ThreadPoolExecutor(len(ledger.tokens)) as pool:
        writers = [pool.submit(_write_on, server, token, ledger, over) for token in ledger.tokens]
        try:
            yield
        finally:
            over.set()
    for writer in writers:
        writer.result()  # an answer that never came is an error


def _write_on(server: Server, token: str, ledger: Ledger, over: Event) -> None:
    name = secrets.token_hex(4)
    with server.client(token) as client:
        for number in itertools.count():
            if over.is_set():
                return
            try:
                ledger.write(client, f"{name} writes number {number}.")
            except (httpx2.NetworkError, httpx2.ProtocolError):
                return  # the server is gone, and whether it kept this one nobody knows


def read_replies(server: Server, post_id: int) -> list[str]:
    """The texts of all replies, page by page."""
    texts: list[str] = []
    address = f"/post/{post_id}/replies/?limit=100"
    with server.client() as client:
        while address:
            answer = client.get(address)
            texts += [reply["text"] for reply in answer.json()]
            address = answer.links.get("next", {}).get("url", "")
    return texts


def wrong_counts(uri: str) -> list[Any]:
    """The people and posts whose counts differ from the rows."""
    engine = create_engine(uri)
    with engine.connect() as connection:
        wrong = [row for statement in WRONG_COUNTS for row in connection.execute(text(statement))]
    engine.dispose()
    return wrong
