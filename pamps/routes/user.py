"""Accounts and profiles."""

from pamps.auth import CurrentUser, FreshSession, HashingTurn, MaybeUser
from pamps.errors import FreshTokenRequired, SessionRequired, TooManyRequests, Unauthorized, refusals
from pamps.http.dependencies import ClientDep, PageDep, SessionDep
from pamps.http.route import make_router
from pamps.models.user import PasswordRequest, UserPatch, UserRequest, UserResponse
from pamps.presenters.remembered import Json
from pamps.queries import notification as notification_queries
from pamps.queries import user as user_queries
from pamps.queries.invite import BadInvite
from pamps.queries.user import UserNotFound
from pamps.services import user as user_service
from pamps.services.invite import RegistrationClosed
from pamps.services.uniqueness import EmailTaken, UsernameTaken
from pamps.services.user import WrongPassword

router = make_router("/user", "user")


@router.post(
    "/",
    status_code=201,
    dependencies=[HashingTurn],
    responses=refusals(UsernameTaken, EmailTaken, RegistrationClosed, BadInvite, TooManyRequests),
)
def register(body: UserRequest, client: ClientDep, session: SessionDep) -> UserResponse:
    """Create an account."""
    return user_service.register(session, body, client)


@router.get("/")
def list_users(page: PageDep, viewer: MaybeUser, session: SessionDep) -> Json[list[UserResponse]]:
    """List all users, oldest first."""
    return user_queries.list_users(session, viewer, page)


@router.get("/me/", responses=refusals(Unauthorized))
def show_account(viewer: CurrentUser, session: SessionDep) -> UserResponse:
    """Show your own account, including its e-mail address."""
    return notification_queries.show_account(session, viewer)


@router.patch("/me/", responses=refusals(Unauthorized, FreshTokenRequired, EmailTaken, TooManyRequests))
def change_account(
    body: UserPatch, viewer: CurrentUser, client: ClientDep, session: SessionDep
) -> UserResponse:
    """Change your avatar and bio and, with a fresh token, your e-mail address."""
    return user_service.change_profile(session, viewer, body, client, fresh=viewer.fresh)


@router.delete("/me/", status_code=204, responses=refusals(Unauthorized, FreshTokenRequired, SessionRequired))
def delete_account(viewer: FreshSession, session: SessionDep) -> None:
    """Delete your account and all your posts."""
    user_service.delete_user(session, viewer)


@router.post(
    "/me/password/",
    status_code=204,
    dependencies=[HashingTurn],
    responses=refusals(Unauthorized, FreshTokenRequired, SessionRequired, WrongPassword, TooManyRequests),
)
def change_password(
    body: PasswordRequest, viewer: FreshSession, client: ClientDep, session: SessionDep
) -> None:
    """Change your password. All your other sessions end."""
    user_service.change_password(session, viewer, body, client, kept=viewer.session_id)


@router.get("/{username}/", responses=refusals(UserNotFound))
def show_user(username: str, viewer: MaybeUser, session: SessionDep) -> Json[UserResponse]:
    """Show a user."""
    return user_queries.show_user(session, viewer, username)
