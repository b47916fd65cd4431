"""Who is asking: the dependencies that routes name in their signatures."""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from pamps.db import SessionDep
from pamps.errors import Unauthorized
from pamps.models.user import User
from pamps.security import Claims, InvalidToken, read_token
from pamps.services.token import FreshTokenRequired, RefusedToken, get_token_owner

# The pure ones are `async`: they never wait, and a plain function would cost each request a thread.
_bearer = OAuth2PasswordBearer(
    tokenUrl="token", auto_error=False, description="An access token from `/token`."
)


async def get_claims(token: Annotated[str | None, Depends(_bearer)]) -> Claims | None:
    """What the access token says; None without one. A token that is not valid is an error even where
    nobody needs to sign in: its owner believes to be somebody."""
    if token is None:
        return None
    try:
        return read_token(token, "access_token")
    except InvalidToken:
        raise RefusedToken from None


ClaimsDep = Annotated[Claims | None, Depends(get_claims)]


def maybe_user(claims: ClaimsDep, session: SessionDep) -> User | None:
    """The signed-in user, or None for everybody else."""
    return None if claims is None else get_token_owner(session, claims.user_id)


MaybeUser = Annotated[User | None, Depends(maybe_user)]


async def current_user(user: MaybeUser) -> User:
    """The signed-in user; raises Unauthorized without one."""
    if user is None:
        raise Unauthorized
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def has_fresh_token(_: CurrentUser, claims: ClaimsDep) -> bool:
    """Whether the signed-in user has just given the password."""
    return claims is not None and claims.fresh


HasFreshToken = Annotated[bool, Depends(has_fresh_token)]


async def fresh_user(user: CurrentUser, fresh: HasFreshToken) -> User:
    """The signed-in user, who has just given the password; raises FreshTokenRequired."""
    if not fresh:
        raise FreshTokenRequired
    return user


FreshUser = Annotated[User, Depends(fresh_user)]


async def _take_hashing_turn() -> AsyncIterator[None]:
    yield


# Hashing a password takes a third of a second of one core. As many at once as there are cores: more would
# not be faster and would leave nothing for everybody else. Goes on the route, so that whoever waits for a
# turn holds no database connection.
HashingTurn: Any = Depends(_take_hashing_turn, scope="function", max_concurrency=os.cpu_count() or 1)
