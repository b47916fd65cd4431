"""Dependencies of routes, as types of their parameters: the database session, the client, an id.

The signed-in user is in `pamps.auth`, the page of a list in `pamps.http.pagination`. Dependencies are plain
functions that run in the thread of the route (see pamps.http.route).
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from sqlmodel import Session

from pamps.db import unit_of_work
from pamps.http.slots import background_slots, connection_slots, hashing_slots, holding
from pamps.http.threads import database_threads, in_thread
from pamps.models.client import MAX_ADDRESS, MAX_DEVICE, Client
from pamps.models.ids import RowId

Result = TypeVar("Result")


def get_session() -> Session:
    """Identifies the dependency and is never called: `pamps.http.route` supplies the session."""
    raise NotImplementedError("SessionDep needs a route of make_router()")


# The database session of the request. Its writes are committed before the response is sent.
SessionDep = Annotated[Session, Depends(get_session)]
# For routes that hash a password.
Hashing: Any = Depends(hashing_slots)


async def read_in_background(read: Callable[[Session], Result]) -> Result:
    """Run `read` in a thread with its own session, outside a request, and return its result. Waits for slots
    like a request, and raises Unavailable on timeout."""
    async with holding((background_slots, connection_slots)):
        return await in_thread(database_threads, _read, read)


def _read(read: Callable[[Session], Result]) -> Result:
    with unit_of_work(writes=False) as session:
        return read(session)


def get_client(request: Request) -> Client:
    """The client of the request: IP address, user agent and time of arrival."""
    address = request.client.host if request.client else ""
    device = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Client(address[:MAX_ADDRESS], device[:MAX_DEVICE], request.state.arrived)


ClientDep = Annotated[Client, Depends(get_client)]
PathId = Annotated[RowId, Path(description="The id of an item.")]
