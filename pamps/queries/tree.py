"""The replies below a post in depth-first order: each before the replies to it, siblings oldest first.

A page of n rows has at most the first n replies of each level. So at most n rows of each level are read, with
one statement for LEVELS of them, and the cost does not depend on the size of the tree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, func, literal_column, select, true, union_all
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import prepared_statement, run
from pamps.models.post import Post
from pamps.models.tree_cursor import MAX_DEPTH, TreePath
from pamps.queries.clauses import Selection, given

# The replies to a post after the reply with this id; 0 for all of them.
Range = tuple[TreePath, int]
# Replies by the path of the post that they reply to.
Replies = dict[TreePath, list[TreePath]]
# Few threads have more. A level takes the database some 20 µs even if there are no replies in it.
LEVELS = 4


def is_path(session: Session, path: TreePath) -> bool:
    """Whether each post on the path replies to the one before; deleted posts are ignored."""
    steps = list(zip(path[1:], path, strict=False))
    return not run(session, _broken_links(), steps=steps)


def read_tree(session: Session, last: TreePath, rows: int) -> list[TreePath]:
    """The paths to the first `rows` replies after `last`, depth-first, down to MAX_DEPTH."""
    # These are the replies below `last`, then its younger siblings, those of its parent, and so on upwards.
    younger = [(last[:length], last[length]) for length in range(len(last) - 1, 0, -1)]
    first, *deeper = _list_replies(session, _below([last]) + younger, rows)
    replies: Replies = defaultdict(list)
    while True:
        for path in (path for level in deeper for path in level if len(path) <= MAX_DEPTH + 1):
            replies[path[:-1]].append(path)
        found = list(islice(_depth_first(first, replies), rows))
        deepest = set(deeper[-1])
        if not (ranges := _below([path for path in found if path in deepest])):
            return found
        deeper = _list_replies(session, ranges, rows)


def find_answered(session: Session, paths: Iterable[TreePath], rows: int) -> set[TreePath]:
    """The paths, of at most `rows` given, whose posts have replies, including tombstones."""
    if not (ranges := [(path, 0) for path in paths]):
        return set()
    (replies,) = _list_replies(session, ranges, rows, each=1, levels=1)
    return {path[:-1] for path in replies}


def _below(paths: list[TreePath]) -> list[Range]:
    """The ranges of all replies to these posts, except to the deepest ones."""
    return [(path, 0) for path in paths if len(path) <= MAX_DEPTH]


def _depth_first(paths: list[TreePath], replies: Replies) -> Iterator[TreePath]:
    for path in paths:
        yield path
        yield from _depth_first(replies.get(path, []), replies)


def _list_replies(
    session: Session, ranges: list[Range], rows: int, *, each: int = 0, levels: int = LEVELS
) -> list[list[TreePath]]:
    """The paths to the first `rows` replies in these ranges, in their order, and of each level below them; if
    `each` is not 0, at most that many per post."""
    paths = {path[-1]: path for path, _ in ranges}
    parents = [(path[-1], after) for path, after in ranges]
    found: list[list[TreePath]] = [[] for _ in range(levels)]
    for level, parent, reply in run(session, _replies(rows, each or rows, levels), ranges=parents):
        paths[reply] = (*paths[parent], reply)
        found[level].append(paths[reply])
    return found


@prepared_statement
def _replies(rows: int, each: int, levels: int) -> Selection:
    ranges = given("ranges", "parent", "after")
    below = [_level(ranges, ranges.c.parent, rows, each, col(Post.id) > ranges.c.after)]
    while len(below) < levels:
        below.append(_level(below[-1], below[-1].c.reply, rows, each))
    found = union_all(*(select(_word(n).label("level"), level) for n, level in enumerate(below))).subquery()
    columns = select(found.c.level, found.c.parent, found.c.reply)
    return columns.order_by(found.c.level, found.c.position)


def _level(
    above: FromClause, parent: ColumnElement[int], rows: int, each: int, *conditions: ColumnElement[bool]
) -> CTE:
    """The first `rows` replies to the posts in this column of `above`, in the order of its `position`."""
    own = select(col(Post.id)).where(col(Post.parent_id) == parent, *conditions).correlate(above)
    replies, reply = current_dialect().for_each(above, own.order_by(col(Post.id)).limit(_word(each)))
    order = (above.c.position, reply)
    position = func.row_number().over(order_by=order).label("position")
    both = select(parent.label("parent"), reply.label("reply"), position)
    return both.select_from(above.join(replies, true())).order_by(*order).limit(_word(rows)).cte()


def _word(rows: int) -> Any:
    """A literal instead of a parameter, because PostgreSQL's plan depends on it."""
    return literal_column(str(rows))


@prepared_statement
def _broken_links() -> Selection:
    steps = given("steps", "reply", "parent")
    post = select(col(Post.id)).select_from(steps).join(Post, col(Post.id) == steps.c.reply)
    return post.where(col(Post.parent_id).is_distinct_from(steps.c.parent))
