"""A stream of notifications as server-sent events (section 9.2 of the HTML standard)."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any

from fastapi import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from pamps.auth import find_viewer
from pamps.config import settings
from pamps.db.failures import is_transient
from pamps.errors import Unauthorized
from pamps.http.dependencies import read_in_background
from pamps.http.json_bytes import JsonBytes
from pamps.http.router import IS_HEAD
from pamps.models.user import Viewer
from pamps.queries.notification import BATCH, find_newest, list_since
from pamps.queries.rows import NotificationRow
from pamps.services.live.subscribers import Subscription, get_subscribers

Events = list[tuple[int, bytes]]
Present = Callable[[NotificationRow], JsonBytes]
Write = Callable[[bytes], Coroutine[Any, Any, None]]

# A comment, which clients ignore. It detects lost connections, and proxies see traffic.
HEARTBEAT = b":\n\n"
# Maximum time in seconds that a client may take to read what was sent.
WRITE_SECONDS = 30
# Reconnection time in milliseconds: a minimum and a random addition, so that clients do not all reconnect at
# once after a restart of the server.
RETRY, RETRY_SPREAD = 1_000, 4_000
HEADERS = {
    "Content-Type": "text/event-stream",
    "X-Accel-Buffering": "no",  # otherwise nginx buffers small writes
}
# OpenAPI `responses` of a route that returns a stream.
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events.",
        "content": {
            "text/event-stream": {
                "itemSchema": {
                    "type": "object",
                    "required": ["id", "event", "data"],
                    "properties": {
                        "id": {"type": "string", "description": "The id of the notification."},
                        "event": {"const": "notification"},
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"$ref": "#/components/schemas/NotificationResponse"},
                        },
                    },
                }
            }
        },
    }
}


def open_stream(
    session: Session,
    viewer: Viewer,
    token: str | None,
    position: int | None,
    seconds: int,
    present: Present,
) -> "NotificationStream":
    """A stream of the notifications after the id `position`, or of new ones if it is None, for at most
    `seconds`. The session ends before the first byte is sent."""
    if position is None:
        # Read before the response starts, so that no notification is missed once the client is connected.
        position = find_newest(session, viewer)
    return NotificationStream(viewer.id, token or "", position, seconds, present)


class NotificationStream(Response):
    """Sends the notifications after an id in order, then new ones, for at most `seconds`; 0 sends only those
    that exist. Ends earlier if the token becomes invalid or the subscription ends.

    While waiting it holds neither a thread nor a database connection.
    """

    def __init__(self, user_id: int, token: str, position: int, seconds: int, present: Present) -> None:
        # Does not call the base class, which would set Content-Length.
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self._user_id = user_id
        self._token = token
        self._position = position
        self._seconds = seconds
        self._present = present

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends or the client disconnects. Raises TooManyStreams at the limit, and
        Unavailable if the server is stopping."""
        if scope.get(IS_HEAD):
            self._seconds = 0
        with self._subscribe() as subscription:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            watching = asyncio.create_task(_end_with_client(receive, subscription))
            try:
                await self._tell(subscription, partial(_write, send))
                await _write(send, b"", more=False)
            except TimeoutError:
                pass  # the server closes the connection of an incomplete response
            finally:
                watching.cancel()

    def _subscribe(self) -> AbstractContextManager[Subscription]:
        if not self._seconds:
            return nullcontext(Subscription())
        subscribers = get_subscribers()
        subscribers.require_room()  # nothing is awaited between this check and the subscription
        return subscribers.listening(self._user_id)

    async def _tell(self, subscription: Subscription, write: Write) -> None:
        clock, heartbeat = asyncio.get_running_loop().time, settings.notifications.heartbeat
        until = clock() + self._seconds
        await write(greeting(self._position))
        beat = clock() + heartbeat
        while True:
            await subscription.wait(min(beat, until) - clock())
            events = [] if subscription.over else await self._read(subscription)
            if subscription.over:
                return
            if events:
                await write(b"".join(event(id_, data) for id_, data in events))
                self._position = events[-1][0]
            elif clock() >= beat:
                await write(HEARTBEAT)
            if events or clock() >= beat:
                beat = clock() + heartbeat
            if len(events) == BATCH:
                subscription.wake()  # there is more
            elif clock() >= until:
                return

    async def _read(self, subscription: Subscription) -> Events:
        """New notifications, at most BATCH. Ends the subscription if the token is no longer valid."""
        try:
            return await read_in_background(partial(read_new, self._token, self._position, self._present))
        except Unauthorized:
            subscription.end()
        except Exception as error:
            if not is_transient(error):
                raise
        return []  # retried at the next heartbeat


def read_new(token: str, after: int, present: Present, session: Session) -> Events:
    """The first BATCH notifications after that id for the owner of the token, oldest first; raises
    RefusedToken."""
    viewer = find_viewer(session, token, "GET")
    return [(row.id, present(row)) for row in list_since(session, viewer, after)]


def greeting(position: int) -> bytes:
    """The start of a stream: a comment, the reconnection time, and the id to resume after."""
    return b":\nretry: %d\nid: %d\n\n" % (RETRY + secrets.randbelow(RETRY_SPREAD), position)


def event(id_: int, data: bytes) -> bytes:
    """A notification as a server-sent event. `data` must be a single line."""
    return b"id: %d\nevent: notification\ndata: %b\n\n" % (id_, data)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Send part of the body. Raises TimeoutError if the client does not read it within WRITE_SECONDS."""
    async with asyncio.timeout(WRITE_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _end_with_client(receive: Receive, subscription: Subscription) -> None:
    with suppress(HTTPException):  # an unexpected request body that is too large
        while (await receive())["type"] != "http.disconnect":
            pass
    subscription.end()
