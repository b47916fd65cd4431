"""Logging out and managing sessions."""

from fastapi import Response

from pamps.auth import CurrentSession, MaybeUser, require_session
from pamps.errors import RefusedToken, SessionRequired, Unauthorized
from pamps.http.answers import Answer
from pamps.http.cookies import CrossOrigin, MaybeRefresh, clear
from pamps.http.dependencies import PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.session import SessionResponse
from pamps.presenters import native
from pamps.queries import session as session_queries
from pamps.queries.session import SessionNotFound
from pamps.services import session as session_service

router = make_router("", "session", store=False)


@router.post(
    "/logout/", status_code=204, responses=refusals(Unauthorized, RefusedToken, SessionRequired, CrossOrigin)
)
def log_out(viewer: MaybeUser, refresh: MaybeRefresh, session: SessionDep, response: Response) -> None:
    """End the session of the access token or, without one, of the refresh token in body or cookie."""
    session_service.log_out(session, require_session(viewer).session_id if viewer else None, refresh.token)
    clear(response)


@router.get("/session/", responses=refusals(Unauthorized, SessionRequired))
def list_sessions(
    page: PageDep, viewer: CurrentSession, session: SessionDep
) -> Answer[list[SessionResponse]]:
    """List your sessions, latest login first."""
    sessions = session_queries.list_sessions(session, viewer, page.window)
    return page.answer(sessions, native.own_session(viewer))


@router.delete("/session/", status_code=204, responses=refusals(Unauthorized, SessionRequired))
def end_other_sessions(viewer: CurrentSession, session: SessionDep) -> None:
    """End all your sessions except the current one."""
    session_service.end_sessions(session, viewer, exclude=viewer.session_id)


@router.delete(
    "/session/{session_id}/",
    status_code=204,
    responses=refusals(Unauthorized, SessionRequired, SessionNotFound),
)
def end_session(session_id: PathId, viewer: CurrentSession, session: SessionDep) -> None:
    """End one of your sessions. Its access tokens stop working immediately."""
    session_service.end_session(session, viewer, session_id)
