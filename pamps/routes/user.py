"""Accounts and profiles."""

from pamps.auth import CurrentUser, FreshSession, MaybeUser
from pamps.errors import FreshTokenRequired, SessionRequired, TooManyRequests, Unauthorized
from pamps.http.answers import Answer
from pamps.http.dependencies import ClientDep, Hashing, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.user import PasswordRequest, UserPatch, UserRequest, UserResponse
from pamps.presenters import native
from pamps.queries import account as account_queries
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
    dependencies=[Hashing],
    responses=refusals(UsernameTaken, EmailTaken, RegistrationClosed, BadInvite, TooManyRequests),
)
def register(body: UserRequest, client: ClientDep, session: SessionDep) -> Answer[UserResponse]:
    """Create an account."""
    return Answer(native.user(user_service.register(session, body, client)))


@router.get("/")
def list_users(page: PageDep, viewer: MaybeUser, session: SessionDep) -> Answer[list[UserResponse]]:
    """List all users, oldest first."""
    return page.answer(user_queries.list_users(session, viewer, page.window), native.user)


@router.get("/me/", responses=refusals(Unauthorized))
def show_account(viewer: CurrentUser, session: SessionDep) -> Answer[UserResponse]:
    """Show your own account, including its e-mail address."""
    return Answer(native.user(account_queries.get_own_row(session, viewer, with_unread=True)))


@router.patch("/me/", responses=refusals(Unauthorized, FreshTokenRequired, EmailTaken, TooManyRequests))
def change_account(
    body: UserPatch, viewer: CurrentUser, client: ClientDep, session: SessionDep
) -> Answer[UserResponse]:
    """Change your avatar and bio and, with a fresh token, your e-mail address."""
    row = user_service.change_profile(session, viewer, body, client, fresh=viewer.fresh)
    return Answer(native.user(row))


@router.delete("/me/", status_code=204, responses=refusals(Unauthorized, FreshTokenRequired, SessionRequired))
def delete_account(viewer: FreshSession, session: SessionDep) -> None:
    """Delete your account and all your posts."""
    user_service.delete_user(session, viewer)


@router.post(
    "/me/password/",
    status_code=204,
    dependencies=[Hashing],
    responses=refusals(Unauthorized, FreshTokenRequired, SessionRequired, WrongPassword, TooManyRequests),
)
def change_password(
    body: PasswordRequest, viewer: FreshSession, client: ClientDep, session: SessionDep
) -> None:
    """Change your password. All your other sessions end."""
    user_service.change_password(session, viewer, body, client, kept=viewer.session_id)


@router.get("/{username}/", responses=refusals(UserNotFound))
def show_user(username: str, viewer: MaybeUser, session: SessionDep) -> Answer[UserResponse]:
    """Show a user."""
    return Answer(native.user(user_queries.get_user_row(session, viewer, username)))
