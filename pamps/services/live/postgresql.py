"""Receives new notifications from PostgreSQL, which delivers what `publish()` sends (LISTEN/NOTIFY).

Uses one connection per process, outside the pool and without a thread: the event loop waits on its socket.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Any

from pamps.db import open_connection
from pamps.services.live.channel import CHANNEL


async def watch() -> AsyncGenerator[Collection[int] | None]:
    """Yield the ids of users with new notifications. The first item is None, for all users: from then on,
    nothing is missed. Raises a psycopg2 error if the connection is lost."""
    connection = await asyncio.to_thread(_listen)
    try:
        yield None
        while True:
            await _wait_for_input(connection.fileno())
            connection.poll()
            words = [notify.payload for notify in connection.notifies]
            connection.notifies.clear()
            yield {int(user_id) for word in words for user_id in word.split(",")}
    finally:
        connection.close()


def _listen() -> Any:
    connection = open_connection()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    return connection


async def _wait_for_input(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
