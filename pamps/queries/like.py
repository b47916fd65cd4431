"""Reading likes: the users who like a post, and the posts that a user likes."""

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.like import Like
from pamps.models.post import Post
from pamps.models.user import Person, Viewer
from pamps.queries.clauses import POST, USER, Selection, first_pairs, is_there
from pamps.queries.listing import Listing
from pamps.queries.post import list_posts, select_posts
from pamps.queries.rows import PostRow, Role, UserRow
from pamps.queries.user import is_listed, list_people, select_partners
from pamps.queries.visibility import visible_posts


def list_likers(session: Session, viewer: Viewer | None, window: Window, post_id: int) -> Listing[UserRow]:
    """The users who like a post, latest first. The cursor is the id of the like."""
    return list_people(session, viewer, window, _likers, Sort.NEWEST_FIRST, post=post_id)


def list_liked(session: Session, viewer: Person | None, window: Window, user_id: int) -> Listing[PostRow]:
    """The posts that a user likes, latest like first. The cursor is the id of the like."""
    return list_posts(session, viewer, window, _liked, Sort.NEWEST_FIRST, user=user_id)


@prepared_statement
def _likers(shape: WindowShape, role: Role) -> Selection:
    theirs = (col(Like.post_id) == POST) & is_listed(Like.user_id, role)
    return select_partners(shape, role, first_pairs(shape, Like.user_id, theirs))


@prepared_statement
def _liked(shape: WindowShape, signed_in: bool) -> Selection:
    is_shown: ColumnElement[bool] = true()
    if signed_in:
        is_shown = is_there(col(Post.id) == Like.post_id, visible_posts(Post, signed_in))
    pairs = first_pairs(shape, Like.post_id, (col(Like.user_id) == USER) & is_shown)
    posts = select_posts(signed_in, key=pairs.c.id).join(pairs, pairs.c.partner == Post.id)
    return shape.sort(posts, pairs.c.id)
