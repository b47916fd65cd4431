"""What a server says while its database cannot be used, and how long to wait until it can."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import cast

import httpx2
from fastapi.testclient import TestClient

from tests.bad_input.operations import OPERATIONS, World
from tests.support.processes import PATIENCE_SECONDS
from tests.support.server import Server, plain_client

WITHOUT_DATABASE = {"GET /health/"}
BOUND_SECONDS = 10  # for an answer; most of it for a slow machine


@contextmanager
def world_of(server: Server) -> Iterator[World]:
    """Good values for every operation, and a client as whom they are good; an answer that takes longer than
    the bound is an error."""
    token, _ = server.register("ana"), server.register("bia")
    with plain_client(server.url, token, BOUND_SECONDS) as client:
        account = {"username": "ana", "password": "correct horse"}
        post_id = client.post("/post/", json={"text": "Old."}).json()["id"]
        good = {
            "post_id": post_id,
            "parent_id": post_id,
            "user_id": client.get("/user/bia/").json()["id"],
            "refresh_token": client.post("/token", data=account).json()["refresh_token"],
        }
        yield World(cast(TestClient, client), good)


def send_everything(world: World) -> dict[str, httpx2.Response]:
    """Every operation that needs the database, more at once than the server has connections. What would end
    the session or delete what others need comes last."""
    asked = [operation for operation in OPERATIONS if str(operation) not in WITHOUT_DATABASE]
    asked.sort(key=lambda operation: operation.method == "DELETE" or operation.path == "/logout/")
    with ThreadPoolExecutor(20) as pool:
        return dict(zip(map(str, asked), pool.map(world.send, asked), strict=True))


def is_unavailable(answer: httpx2.Response) -> bool:
    """Whether this is the one refusal of a server without its database: come back later."""
    return (
        answer.status_code == 503
        and int(answer.headers.get("Retry-After", 0)) >= 1
        and set(answer.json()) == {"detail", "code"}
        and answer.json()["code"] == "unavailable"
    )


def is_ready(client: httpx2.Client) -> bool:
    """Whether every part of the server works."""
    return client.get("/ready/").status_code == 200


def wait_until(happened: Callable[[], bool]) -> None:
    """Return as soon as it happened."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.02)
