"""The cursor of a tree: the ids on the path down to the last post shown.

A page is a range of the reading order, which is depth first, siblings by their ids. Because the cursor names
the whole path, a page continues at the right position even if that post and those above it are deleted.
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from pamps.models.ids import MAX_ID

# The ids from right below the root down to one in the tree; empty for the root itself.
TreePath = tuple[int, ...]

DEFAULT_TREE_LIMIT = 50
MAX_DEPTH = 20  # levels shown below the root
CURSOR_PATTERN = r"^[1-9][0-9]{0,18}(\.[1-9][0-9]{0,18}){0,19}$"  # MAX_DEPTH ids


def _ids_in_bounds(cursor: str) -> str:
    if max(read_path(cursor)) > MAX_ID:
        raise ValueError("Input should be a cursor from a Link header")
    return cursor


def read_path(cursor: str) -> TreePath:
    """Parse a cursor into the path that it names."""
    return tuple(int(id_) for id_ in cursor.split("."))


def write_path(path: TreePath) -> str:
    """The cursor that names these ids."""
    return ".".join(map(str, path))


TreeCursor = Annotated[str, StringConstraints(pattern=CURSOR_PATTERN), AfterValidator(_ids_in_bounds)]
