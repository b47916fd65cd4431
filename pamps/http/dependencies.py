"""What a route may ask for: the session of its request and a turn to write, who sent it, a page, an id."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Query, Request, Response
from sqlmodel import Session

from pamps.config import settings
from pamps.db import commit, get_database
from pamps.db.dialect import dialect_of
from pamps.http.pagination import DEFAULT_LIMIT, Limit, Page, RowId
from pamps.http.slots import Turn, endings, in_thread
from pamps.models.client import MAX_ADDRESS, MAX_DEVICE, Client
from pamps.models.tree_cursor import DEFAULT_TREE_LIMIT, TreeCursor, TreePage, read_way

Result = TypeVar("Result")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# No more requests inside than there are connections, so that none of them holds a thread while it waits.
_turn = Turn(settings.db.pool_size, settings.db.wait_timeout)


async def get_session(request: Request) -> Session:
    """The session of one request. What it wrote is committed when the route has returned and before the
    answer leaves: a failed commit is an error, never a false 201."""
    await _turn(request)
    if request.method in SAFE_METHODS:
        session = get_database().session(writes=False)
        endings(request).callback(_leave, session)  # there is nothing to wait for
        return session
    session = get_database().session(writes=True)

    async def end(error: type[BaseException] | None, *_: object) -> None:
        if session.in_transaction():
            await in_thread(_commit if error is None else Session.close, session)

    endings(request).push_async_exit(end)
    return session


def _leave(session: Session) -> None:
    """End a session that only reads. One without a transaction has nothing to give back."""
    if session.in_transaction():
        session.close()


def _commit(session: Session) -> None:
    with session:
        commit(session)


SessionDep = Annotated[Session, Depends(get_session)]

# SQLite lets one transaction write at a time. Whoever waited for it inside the database would keep a place
# of SessionDep from all readers, and get its turn by luck; here they queue outside, in order. On PostgreSQL
# writers that wait for the same row leave a third of the places to readers. Goes on every route that writes.
WRITERS = 1 if dialect_of(settings.db.url).has_one_writer else max(1, settings.db.pool_size * 2 // 3)
WriteTurn: Any = Depends(Turn(WRITERS, settings.db.wait_timeout))


# Those who read aside leave most places to requests, however many of them want to read at once.
_aside_turn = Turn(max(1, settings.db.pool_size // 3), settings.db.wait_timeout)


async def read_aside(read: Callable[[Session], Result]) -> Result:
    """What `read` returns, run in a thread with a session of its own, where the request is over. Waits for
    its turn like a request, and raises Unavailable like one."""
    async with AsyncExitStack() as leaving:
        for turn in (_aside_turn, _turn):
            leaving.callback(await turn.enter())
        return await in_thread(_read, read)


def _read(read: Callable[[Session], Result]) -> Result:
    with get_database().session(writes=False) as session:
        return read(session)


async def get_client(request: Request) -> Client:
    """`async`, because it never waits and a plain function would cost a thread."""
    address = request.client.host if request.client else ""
    device = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Client(address[:MAX_ADDRESS], device[:MAX_DEVICE], request.state.arrived)


ClientDep = Annotated[Client, Depends(get_client)]

PathId = Annotated[RowId, Path(description="The id of a row.")]
Cursor = Annotated[RowId | None, Query()]


async def get_page(
    request: Request,
    response: Response,
    limit: Annotated[Limit, Query(description="At most so many.")] = DEFAULT_LIMIT,
    before: Annotated[Cursor, Query(description="Only rows before this one.")] = None,
    after: Annotated[Cursor, Query(description="Only rows after this one.")] = None,
) -> Page:
    """`async`, because it never waits and a plain function would cost a thread."""
    return Page(request, response, limit, before, after)


PageDep = Annotated[Page, Depends(get_page)]


async def get_tree_page(
    request: Request,
    response: Response,
    limit: Annotated[Limit, Query(description="At most so many.")] = DEFAULT_TREE_LIMIT,
    after: Annotated[
        TreeCursor | None,
        Query(description="Only what comes after this one: its id, behind those of all it is below of."),
    ] = None,
) -> TreePage:
    """`async`, because it never waits and a plain function would cost a thread."""
    return TreePage(request, response, limit, read_way(after) if after else ())


TreePageDep = Annotated[TreePage, Depends(get_tree_page)]
