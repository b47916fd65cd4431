"""What a route may ask for by the types of its parameters: the session of its request, the client, an id.

The signed-in user is in `pamps.auth`, the page of a list in `pamps.http.pagination`. A dependency is a plain
function; it runs in the thread of the route (see pamps.http.route).
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request
from sqlmodel import Session

from pamps.db import unit_of_work
from pamps.http.slots import background_slots, connection_slots, hashing_slots, holding
from pamps.http.threads import in_thread
from pamps.models.client import MAX_ADDRESS, MAX_DEVICE, Client
from pamps.models.ids import RowId

Result = TypeVar("Result")


def get_session() -> Session:
    """For the type of a dependency; the session comes from `pamps.http.route`."""
    raise NotImplementedError


# The session of the request. What is written with it is committed before the answer leaves.
SessionDep = Annotated[Session, Depends(get_session)]
# Goes on a route that hashes a password.
Hashing: Any = Depends(hashing_slots)


async def read_in_background(read: Callable[[Session], Result]) -> Result:
    """What `read` returns, run in a thread with a session of its own, after the request has ended. It waits
    for its slots like a request, and raises Unavailable like one."""
    async with holding((background_slots, connection_slots)):
        return await in_thread(_read, read)


def _read(read: Callable[[Session], Result]) -> Result:
    with unit_of_work(writes=False) as session:
        return read(session)


def get_client(request: Request) -> Client:
    """The program that sent the request."""
    address = request.client.host if request.client else ""
    device = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Client(address[:MAX_ADDRESS], device[:MAX_DEVICE], request.state.arrived)


ClientDep = Annotated[Client, Depends(get_client)]
PathId = Annotated[RowId, Path(description="The id of an item.")]
