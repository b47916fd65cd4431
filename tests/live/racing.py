"""Doing the same thing at the same moment, over HTTP."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx2

from tests.support.server import Server

CROWD = 20

Act = Callable[[httpx2.Client], httpx2.Response]


def each_at_once(server: Server, doings: list[tuple[str, Act]]) -> list[httpx2.Response]:
    """Let everybody, by their tokens, do what they want at the same moment; returns the answers in order."""
    barrier = Barrier(len(doings))

    def run(doing: tuple[str, Act]) -> httpx2.Response:
        token, act = doing
        with server.client(token) as client:
            client.get("/health/")  # the connection is up before the start
            barrier.wait()
            return act(client)

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(run, doings))


def at_once(server: Server, tokens: list[str], act: Act) -> Counter[int]:
    """Let every token do `act` at the same moment; returns how often each status came back."""
    answers = each_at_once(server, [(token, act) for token in tokens])
    return Counter(answer.status_code for answer in answers)


def on(method: str, path: str, **body: Any) -> Act:
    """The act of sending a request."""
    return lambda client: client.request(method, path, json=body or None)


def read(server: Server, path: str) -> Any:
    with server.client() as client:
        return client.get(path).json()


def write(server: Server, token: str, text: str = "Hello.", parent_id: int | None = None) -> int:
    with server.client(token) as client:
        answer = client.post("/post/", json={"text": text, "parent_id": parent_id})
    return int(answer.json()["id"])


def id_of(server: Server, username: str) -> int:
    return int(read(server, f"/user/{username}/")["id"])
