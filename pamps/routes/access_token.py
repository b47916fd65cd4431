"""Personal access tokens."""

from pamps.auth import CurrentSession, FreshSession
from pamps.errors import FreshTokenRequired, SessionRequired, Unauthorized
from pamps.http.answers import Answer
from pamps.http.dependencies import ClientDep, PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.access_token import AccessTokenRequest, AccessTokenResponse, NewAccessTokenResponse
from pamps.presenters import native
from pamps.queries import access_token as access_token_queries
from pamps.queries.access_token import AccessTokenNotFound
from pamps.services import access_token as access_token_service
from pamps.services.access_token import TooManyAccessTokens

router = make_router("/access_token", "access token", store=False)


@router.post(
    "/",
    status_code=201,
    responses=refusals(Unauthorized, FreshTokenRequired, SessionRequired, TooManyAccessTokens),
)
def create_access_token(
    body: AccessTokenRequest, viewer: FreshSession, client: ClientDep, session: SessionDep
) -> NewAccessTokenResponse:
    """Create a personal access token for a bot or a script. Its secret is shown only once."""
    return native.new_access_token(access_token_service.create(session, viewer, body, client))


@router.get("/", responses=refusals(Unauthorized, SessionRequired))
def list_access_tokens(
    page: PageDep, viewer: CurrentSession, session: SessionDep
) -> Answer[list[AccessTokenResponse]]:
    """List your personal access tokens, newest first."""
    tokens = access_token_queries.list_access_tokens(session, viewer, page.window)
    return page.answer(tokens, native.access_token)


@router.delete(
    "/{token_id}/", status_code=204, responses=refusals(Unauthorized, SessionRequired, AccessTokenNotFound)
)
def revoke_access_token(
    token_id: PathId, viewer: CurrentSession, client: ClientDep, session: SessionDep
) -> None:
    """Revoke one of your personal access tokens. It stops working immediately."""
    access_token_service.revoke(session, viewer, token_id, client)
