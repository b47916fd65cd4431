"""The replies below a post in depth-first order: each before the replies to it, siblings oldest first.

A page of n rows has at most the first n replies of each level. So the tree is read level by level, with one
statement and at most n rows each, and the cost does not depend on the size of the tree.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import literal_column, select, true
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import prepared_statement, run
from pamps.models.post import Post
from pamps.models.tree_cursor import MAX_DEPTH, TreePath
from pamps.queries.clauses import Selection, given

# The replies to a post after the reply with this id; 0 for all of them.
Range = tuple[TreePath, int]


def is_path(session: Session, path: TreePath) -> bool:
    """Whether each post on the path replies to the one before; deleted posts are ignored."""
    steps = list(zip(path[1:], path, strict=False))
    return not run(session, _broken_links(), steps=steps)


def read_tree(session: Session, last: TreePath, rows: int) -> list[TreePath]:
    """The paths to the first `rows` replies after `last`, depth-first, down to MAX_DEPTH."""
    # These are the replies below `last`, then its younger siblings, those of its parent, and so on upwards.
    younger = [(last[:length], last[length]) for length in range(len(last) - 1, 0, -1)]
    found = new = _list_replies(session, _below([last]) + younger, rows)
    while ranges := _below(new):
        replies = defaultdict(list)
        for path in _list_replies(session, ranges, rows):
            replies[path[:-1]].append(path)
        found = [path for upper in found for path in (upper, *replies.get(upper, ()))][:rows]
        new = [path for path in found if path[:-1] in replies]
    return found


def find_answered(session: Session, paths: Iterable[TreePath], rows: int) -> set[TreePath]:
    """The paths, of at most `rows` given, whose posts have replies, including tombstones."""
    ranges = [(path, 0) for path in paths]
    return {path[:-1] for path in _list_replies(session, ranges, rows, each=1)} if ranges else set()


def _below(paths: list[TreePath]) -> list[Range]:
    """The ranges of all replies to these posts, except to the deepest ones."""
    return [(path, 0) for path in paths if len(path) <= MAX_DEPTH]


def _list_replies(session: Session, ranges: list[Range], rows: int, each: int = 0) -> list[TreePath]:
    """The paths to the first `rows` replies in these ranges, in their order; if `each` is not 0, at most that
    many per range."""
    paths = {path[-1]: path for path, _ in ranges}
    parents = [(path[-1], after) for path, after in ranges]
    found = run(session, _replies(rows, each or rows), ranges=parents)
    return [(*paths[parent], reply) for parent, reply in found]


@prepared_statement
def _replies(rows: int, each: int) -> Selection:
    ranges = given("ranges", "parent", "after")
    own = (col(Post.parent_id) == ranges.c.parent, col(Post.id) > ranges.c.after)
    ids = select(col(Post.id)).where(*own).correlate(ranges).order_by(col(Post.id)).limit(_word(each))
    replies, reply = current_dialect().for_each(ranges, ids)
    both = select(ranges.c.parent, reply.label("reply")).select_from(ranges.join(replies, true()))
    return both.order_by(ranges.c.position, reply).limit(_word(rows))


def _word(rows: int) -> Any:
    """A literal instead of a parameter, because PostgreSQL's plan depends on it."""
    return literal_column(str(rows))


@prepared_statement
def _broken_links() -> Selection:
    steps = given("steps", "reply", "parent")
    post = select(col(Post.id)).select_from(steps).join(Post, col(Post.id) == steps.c.reply)
    return post.where(col(Post.parent_id).is_distinct_from(steps.c.parent))
