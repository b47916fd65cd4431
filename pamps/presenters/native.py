"""JSON of the native API, rendered from rows."""

from collections.abc import Callable
from typing import Any

from pydantic_core import to_json as value_to_json
from sqlmodel import SQLModel

from pamps.http.json_bytes import JsonBytes, json_list, json_object, with_fields
from pamps.models.access_token import AccessTokenResponse, NewAccessTokenResponse
from pamps.models.audit import AuditResponse
from pamps.models.block import BlockResponse
from pamps.models.follow import FollowResponse
from pamps.models.invite import InviteResponse, NewInviteResponse
from pamps.models.like import LikeResponse
from pamps.models.notification import NotificationResponse
from pamps.models.post import PostResponse
from pamps.models.session import LoginSession, SessionResponse
from pamps.models.tag import Tag, TagResponse, TrendingTagResponse
from pamps.models.user import AccountResponse, UserBrief, UserResponse, Viewer
from pamps.presenters.remembered import remembered, to_json
from pamps.queries.post import PostDetail
from pamps.queries.rows import NotificationRow, PostRow, UserRow
from pamps.queries.search import PostHit
from pamps.queries.thread import Thread, ThreadPost, ThreadReply
from pamps.services.access_token import NewAccessToken
from pamps.services.invite import NewInvite

# `model_construct`, because rows come from our own tables and need no validation.


def _brief(user_id: int | None, username: str | None, avatar: str | None) -> UserBrief | None:
    if user_id is None or username is None:
        return None
    return UserBrief.model_construct(id=user_id, username=username, avatar=avatar)


def _post_response(row: PostRow) -> PostResponse:
    fields = row._asdict()
    user = _brief(row.user_id, fields.pop("author_name"), fields.pop("author_avatar"))
    return PostResponse.model_construct(**fields, user=user)


@remembered
def post(row: PostRow) -> JsonBytes:
    """A post with its author."""
    return to_json(_post_response(row))


@remembered
def user(row: UserRow) -> JsonBytes:
    """A user."""
    return to_json(UserResponse.model_construct(**row._asdict()))


@remembered
def notification(row: NotificationRow) -> JsonBytes:
    """A notification with the post that it is about."""
    actor = _brief(row.actor_id, row.actor_name, row.actor_avatar)
    response = NotificationResponse.model_construct(
        id=row.id,
        type=row.type,
        date=row.date,
        read=row.read,
        actor=actor,
        post=row.post and _post_response(row.post),
    )
    return to_json(response)


def post_detail(detail: PostDetail) -> JsonBytes:
    """A post with its first replies."""
    return with_fields(post(detail.post), replies=json_list(map(post, detail.replies)))


def post_hit(hit: PostHit) -> JsonBytes:
    """A search result: a post with its snippet."""
    return with_fields(post(hit.post), snippet=JsonBytes(value_to_json(hit.snippet)))


def thread(thread: Thread) -> JsonBytes:
    """A post with its ancestors and the replies below it."""
    return json_object(
        ancestors=json_list(map(_thread_post, thread.ancestors)),
        post=post(thread.post),
        replies=json_list(map(_thread_reply, thread.replies)),
    )


def _thread_post(shown: ThreadPost) -> JsonBytes:
    hidden = {"hidden": JsonBytes(value_to_json(shown.hidden))} if shown.hidden else {}
    return with_fields(post(shown.post), **hidden)


@remembered
def _thread_reply(reply: ThreadReply) -> JsonBytes:
    return with_fields(
        _thread_post(reply.shown),
        depth=JsonBytes(value_to_json(reply.depth)),
        more_replies=JsonBytes(value_to_json(reply.more_replies)),
    )


def found(item: PostHit | UserRow | Tag) -> JsonBytes:
    """A search result of any kind."""
    if isinstance(item, PostHit):
        return post_hit(item)
    return user(item) if isinstance(item, UserRow) else tag(item)


def own_session(current: Viewer) -> Callable[[LoginSession], JsonBytes]:
    """Presents the viewer's sessions; the current one is marked."""

    def present(row: LoginSession) -> JsonBytes:
        return to_json(SessionResponse(**row.model_dump(), current=row.id == current.session_id))

    return present


def new_access_token(made: NewAccessToken) -> NewAccessTokenResponse:
    """A new personal access token with its secret, which is only shown this once."""
    return NewAccessTokenResponse(**made.row.model_dump(), token=made.token)


def new_invite(made: NewInvite) -> NewInviteResponse:
    """A new invite with its code, which is only shown this once."""
    return NewInviteResponse(**made.row.model_dump(), code=made.code)


def plain(response: type[SQLModel]) -> Callable[[Any], JsonBytes]:
    """A presenter of table rows, or any objects with the attributes of `response`. It validates each row,
    so it is for infrequent responses."""

    def present(row: Any) -> JsonBytes:
        return to_json(response.model_validate(row, from_attributes=True))

    return present


access_token = plain(AccessTokenResponse)
account = plain(AccountResponse)
audit_entry = plain(AuditResponse)
block = plain(BlockResponse)
follow = plain(FollowResponse)
invite = plain(InviteResponse)
like = plain(LikeResponse)
tag = plain(TagResponse)
trending_tag = plain(TrendingTagResponse)
