"""The replies below a post in reading order: each before the replies to it, siblings oldest first.

No page of n has more than n replies of one level, and they are the first n of it. So the tree is read level
by level, each with one statement and no further than the page could reach. What else is there costs nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, literal_column, select, true
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import prepared_statement, run
from pamps.models.post import Post
from pamps.models.tree_cursor import MAX_DEPTH, Way
from pamps.queries.clauses import given

# A post, and the reply to it behind which one reads on; 0 to begin with the first.
Range = tuple[Way, int]


def is_way(session: Session, way: Way) -> bool:
    """Whether each post on it replies to the one before, as far as they are still there."""
    steps = list(zip(way[1:], way, strict=False))
    return not run(session, _broken_links(), steps=steps)


def read_tree(session: Session, last: Way, rows: int) -> list[Way]:
    """The ways to the first so many that follow `last` in reading order, down to MAX_DEPTH."""
    # What follows is all below it, then the younger replies to what it answers, and so on upwards.
    younger = [(last[:length], last[length]) for length in range(len(last) - 1, 0, -1)]
    found = new = _list_replies(session, _below([last]) + younger, rows)
    while stretches := _below(new):
        replies = defaultdict(list)
        for way in _list_replies(session, stretches, rows):
            replies[way[:-1]].append(way)
        found = [way for upper in found for way in (upper, *replies.get(upper, ()))][:rows]
        new = [way for way in found if way[:-1] in replies]
    return found


def find_answered(session: Session, ways: Iterable[Way], rows: int) -> set[Way]:
    """Which of these, at most `rows`, have replies, be it only the places of deleted ones."""
    stretches = [(way, 0) for way in ways]
    return {way[:-1] for way in _list_replies(session, stretches, rows, each=1)} if stretches else set()


def _below(ways: list[Way]) -> list[Range]:
    """All replies to these, but not to the deepest."""
    return [(way, 0) for way in ways if len(way) <= MAX_DEPTH]


def _list_replies(session: Session, stretches: list[Range], rows: int, each: int = 0) -> list[Way]:
    """The first so many of all these stretches together, in their order; with `each` so many of each."""
    ways = {way[-1]: way for way, _ in stretches}
    parents = [(way[-1], after) for way, after in stretches]
    found = run(session, _replies(rows, each or rows), stretches=parents)
    return [(*ways[parent], reply) for parent, reply in found]


@prepared_statement
def _replies(rows: int, each: int) -> Select[Any]:
    stretches = given("stretches", "parent", "after")
    own = (col(Post.parent_id) == stretches.c.parent, col(Post.id) > stretches.c.after)
    ids = select(col(Post.id)).where(*own).correlate(stretches).order_by(col(Post.id)).limit(_word(each))
    replies, reply = current_dialect().for_each(stretches, ids)
    both = select(stretches.c.parent, reply.label("reply")).select_from(stretches.join(replies, true()))
    return both.order_by(stretches.c.position, reply).limit(_word(rows))


def _word(rows: int) -> Any:
    """As a word of the statement, not as a value: it decides how PostgreSQL plans."""
    return literal_column(str(rows))


@prepared_statement
def _broken_links() -> Select[Any]:
    steps = given("steps", "reply", "parent")
    post = select(col(Post.id)).select_from(steps).join(Post, col(Post.id) == steps.c.reply)
    return post.where(col(Post.parent_id).is_distinct_from(steps.c.parent))
