"""Reading follows: the followers of a user, and the users whom they follow."""

from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.follow import Follow
from pamps.models.user import Viewer
from pamps.queries.clauses import USER, Selection, first_pairs
from pamps.queries.listing import Listing
from pamps.queries.rows import Role, UserRow
from pamps.queries.user import is_listed, list_people, select_partners


def list_followers(session: Session, viewer: Viewer | None, window: Window, user_id: int) -> Listing[UserRow]:
    """The followers of a user, latest first. The cursor is the id of the follow."""
    return list_people(session, viewer, window, _followers, Sort.NEWEST_FIRST, user=user_id)


def list_following(session: Session, viewer: Viewer | None, window: Window, user_id: int) -> Listing[UserRow]:
    """The users whom a user follows, latest first. The cursor is the id of the follow."""
    return list_people(session, viewer, window, _following, Sort.NEWEST_FIRST, user=user_id)


@prepared_statement
def _followers(shape: WindowShape, role: Role) -> Selection:
    theirs = (col(Follow.followed_id) == USER) & is_listed(Follow.follower_id, role)
    return select_partners(shape, role, first_pairs(shape, Follow.follower_id, theirs))


@prepared_statement
def _following(shape: WindowShape, role: Role) -> Selection:
    theirs = (col(Follow.follower_id) == USER) & is_listed(Follow.followed_id, role)
    return select_partners(shape, role, first_pairs(shape, Follow.followed_id, theirs))
