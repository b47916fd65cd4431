"""The search index marks top-level posts, and PostgreSQL always finds tags by their index.

Empties the search index, which causes it to be rebuilt: see revision 0010.

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-21
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def change_counting(setting: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER FUNCTION count_tag_use() {setting}")


def upgrade() -> None:
    op.execute("DELETE FROM search_index")
    # A connection plans the function once. On a new server it would plan for a handful of tags, and scan all of
    # them at each use, however many there are by then, until the statistics are updated.
    change_counting("SET enable_seqscan = off")


def downgrade() -> None:
    change_counting("RESET enable_seqscan")  # the index stays: the previous version ignores the new mark
