"""Listens on a channel of PostgreSQL (LISTEN and NOTIFY).

Each process uses one connection outside the pool, and no thread: the event loop waits for its socket.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from pamps.db.database import get_database


async def listen(channel: str) -> AsyncGenerator[list[str]]:
    """The payloads sent on the channel, as they arrive. Yields an empty list first, once it is listening:
    from then on no payload is missed. Raises an error of psycopg2 if the connection is lost."""
    connection = await asyncio.to_thread(_open, channel)
    try:
        yield []
        while True:
            await _wait_for_input(connection.fileno())
            connection.poll()
            payloads = [notify.payload for notify in connection.notifies]
            connection.notifies.clear()
            if payloads:
                yield payloads
    finally:
        connection.close()


def _open(channel: str) -> Any:
    connection = get_database().open_connection()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {channel}")
    return connection


async def _wait_for_input(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
