"""500 who listen and hear nothing cost little, and nobody has to wait for them."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.live.listening import STREAM
from tests.support.server import Server, running_server

pytestmark = pytest.mark.load

PEOPLE, STREAMS_EACH = 50, 10
POOL_SIZE = 5
SETTINGS: dict[str, Any] = {"PAMPS_DB__pool_size": str(POOL_SIZE), "PAMPS_NOTIFICATIONS__heartbeat": "2"}
# What answers ordinary requests, what finds out who listens, and what the interpreter has itself.
MOST_THREADS = POOL_SIZE + 10


def test_500_listeners_hold_neither_threads_nor_connections(database_uri: str, tmp_path: Path) -> None:
    uri = mark(database_uri)
    with running_server(uri, tmp_path, **SETTINGS) as server:
        tokens = [server.register(f"user{number}") for number in range(PEOPLE)]

        heard = asyncio.run(listen(server, uri, tokens))

    assert heard == {tokens[0]: STREAMS_EACH}


async def listen(server: Server, uri: str, tokens: list[str]) -> dict[str, int]:
    """Let everybody listen, somebody like the post of the first, and the server stop in the end; how many
    events each got."""
    heard: dict[str, int] = {}
    limits = httpx2.Limits(max_connections=None)
    async with (
        httpx2.AsyncClient(base_url=server.url, limits=limits, timeout=60, verify=False) as client,
        AsyncExitStack() as stack,
    ):
        post = (await client.post("/post/", headers=sign(tokens[0]), json={"text": "Hello."})).json()["id"]
        opening = [
            stack.enter_async_context(client.sse(STREAM, headers=sign(token)))
            for token in tokens
            for _ in range(STREAMS_EACH)
        ]
        sources = await asyncio.gather(*opening)
        told = asyncio.Semaphore(0)

        async def follow(source: httpx2.EventSource, token: str) -> None:
            async for event in source:
                if event.event == "notification":
                    heard[token] = heard.get(token, 0) + 1
                    told.release()

        following = [
            asyncio.create_task(follow(source, tokens[number // STREAMS_EACH]))
            for number, source in enumerate(sources)
        ]
        for _ in range(20):
            answers = [await client.get("/health/"), await client.get("/post/")]
            assert [answer.status_code for answer in answers] == [200, 200]
        assert psutil.Process(server.process.pid).num_threads() <= MOST_THREADS
        assert count_connections(server, uri) <= POOL_SIZE + 1
        await client.post(f"/post/{post}/like/", headers=sign(tokens[1]))
        for _ in range(STREAMS_EACH):
            await told.acquire()
        server.process.terminate()
        await asyncio.gather(*following)
    return heard


def sign(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def mark(uri: str) -> str:
    """The same database, whose connections of this test have a name."""
    if uri.startswith("sqlite"):
        return uri
    marked = make_url(uri).update_query_dict({"application_name": "listeners"})
    return marked.render_as_string(hide_password=False)


def count_connections(server: Server, uri: str) -> int:
    """How many connections to its database the server has."""
    if uri.startswith("sqlite"):
        files = [file.path for file in psutil.Process(server.process.pid).open_files()]
        return files.count(str(make_url(uri).database))
    engine = create_engine(make_url(uri).update_query_dict({"application_name": "counting"}))
    with engine.connect() as connection:
        asked = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'listeners'")
        found = connection.execute(asked).scalar_one()
    engine.dispose()
    return int(found)
