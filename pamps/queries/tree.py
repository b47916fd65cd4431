"""The replies below a post in depth-first order: each before the replies to it, siblings oldest first.

A page of n has at most n replies of one level, and they are the first n of that level. So the tree is read
level by level, with one statement each and no further than the page can reach, whatever its size.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, func, literal_column, select, true
from sqlmodel import Session, col

from pamps.db.prepared import IS_SQLITE, prepared_statement, run
from pamps.models.post import Post
from pamps.models.tree_cursor import MAX_DEPTH, Way
from pamps.queries.clauses import given

# The replies to a post after the reply with this id; 0 for all of them.
Range = tuple[Way, int]


def is_way(session: Session, way: Way) -> bool:
    """Whether each post on the path replies to the one before; deleted posts are ignored."""
    steps = list(zip(way[1:], way, strict=False))
    return not run(session, _broken_links(), steps=steps)


def read_tree(session: Session, last: Way, rows: int) -> list[Way]:
    """The paths to the first `rows` replies after `last`, depth first and down to MAX_DEPTH."""
    # After it come all replies below it, then its younger siblings, those of its parent, and so on upwards.
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
    """The paths, of at most `rows` given, whose posts have replies, including tombstones."""
    stretches = [(way, 0) for way in ways]
    return {way[:-1] for way in _list_replies(session, stretches, rows, each=1)} if stretches else set()


def _below(ways: list[Way]) -> list[Range]:
    """The ranges of all replies to these posts, except to the deepest ones."""
    return [(way, 0) for way in ways if len(way) <= MAX_DEPTH]


def _list_replies(session: Session, stretches: list[Range], rows: int, each: int = 0) -> list[Way]:
    """The paths of the first `rows` replies in these ranges, in order; with `each`, at most that many per
    range."""
    ways = {way[-1]: way for way, _ in stretches}
    parents = [(way[-1], after) for way, after in stretches]
    found = run(session, _replies(rows, each or rows), stretches=parents)
    return [(*ways[parent], reply) for parent, reply in found]


@prepared_statement
def _replies(rows: int, each: int) -> Select[Any]:
    stretches = given("stretches", "parent", "after")
    own = (col(Post.parent_id) == stretches.c.parent, col(Post.id) > stretches.c.after)
    ids = select(col(Post.id)).where(*own).correlate(stretches).order_by(col(Post.id)).limit(_word(each))
    replies: Any = ids.lateral()
    reply = replies.c.id
    if IS_SQLITE:  # no LATERAL, but a table-valued function can refer to tables to its left
        first = ids.subquery()
        listed = select(func.json_group_array(first.c.id)).correlate(stretches).scalar_subquery()
        replies = func.json_each(listed).table_valued("value")
        reply = replies.c.value
    both = select(stretches.c.parent, reply.label("reply")).select_from(stretches.join(replies, true()))
    return both.order_by(stretches.c.position, reply).limit(_word(rows))


def _word(rows: int) -> Any:
    """A literal instead of a parameter, because PostgreSQL's plan depends on it."""
    return literal_column(str(rows))


@prepared_statement
def _broken_links() -> Select[Any]:
    steps = given("steps", "reply", "parent")
    post = select(col(Post.id)).select_from(steps).join(Post, col(Post.id) == steps.c.reply)
    return post.where(col(Post.parent_id).is_distinct_from(steps.c.parent))
