"""Somebody who listens to the stream of notifications of a server that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.support.server import Server

STREAM = "/notification/stream/"
# A stream that lasts no longer makes a test fail that would otherwise wait for ever.
MOST_SECONDS = 40


@contextmanager
def listening(
    server: Server, token: str, *, after: int | None = None, **query: Any
) -> Iterator[Iterator[Any]]:
    """The notifications that come from now on, or after that id, each as soon as it is there. From the moment
    that this returns, none is missed."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with (
        server.client(token) as client,
        client.sse(STREAM, headers=headers, params={"seconds": MOST_SECONDS} | query) as source,
    ):
        assert source.response.status_code == 200, source.response.read()
        yield read_notifications(source)


def read_notifications(source: httpx2.EventSource) -> Iterator[Any]:
    """What the events of a stream say; that they are named and numbered as they should be is checked."""
    for event in source:
        if event.event != "message":  # what comes with the first answer is only a number
            notification: Any = event.json()
            assert (event.event, event.id) == ("notification", str(notification["id"]))
            yield notification


def what_is_new(server: Server, token: str, after: int) -> list[Any]:
    """All notifications after that id."""
    with listening(server, token, after=after, seconds=0) as events:
        return list(events)


def write(server: Server, token: str, text: str = "Hello.", parent: int | None = None) -> int:
    """Write a post; its id."""
    with server.client(token) as client:
        answer = client.post("/post/", json={"text": text, "parent_id": parent})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def like(server: Server, token: str, post: int) -> None:
    """Like a post."""
    with server.client(token) as client:
        assert client.post(f"/post/{post}/like/").status_code == 201


def who_is(server: Server, token: str) -> Any:
    """The account of whoever has this token."""
    with server.client(token) as client:
        return client.get("/user/me/").json()
