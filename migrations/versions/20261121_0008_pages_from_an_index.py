"""Pages of timelines, likes and follows are found in an index alone.

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Tables of pairs: their lists, each in order of id, with what they lead to.
PAIRS = (
    ("social", "follower_id", "followed_id"),
    ("social", "followed_id", "follower_id"),
    ("like", "user_id", "post_id"),
    ("like", "post_id", "user_id"),
)


def upgrade() -> None:
    # The new ones first: nobody waits for a list meanwhile.
    for table, whose, what in PAIRS:
        op.create_index(f"ix_{table}_{whose}_id_{what}", table, [whose, "id", what])
        op.drop_index(f"ix_{table}_{whose}_id", table)
    op.create_index("ix_post_user_id_id_deleted", "post", ["user_id", "id", "deleted"])
    op.drop_index("ix_post_user_id_id", "post")
    # Without top-level posts, among which SQLite would otherwise look for those of one author.
    is_reply = sa.text("parent_id IS NOT NULL")
    op.create_index(
        "ix_post_replies", "post", ["parent_id", "id"], sqlite_where=is_reply, postgresql_where=is_reply
    )
    op.drop_index("ix_post_parent_id_id", "post")
    # Made anew to be the youngest: of two indexes that look equally good, SQLite takes that one.
    op.drop_index("ix_post_archive", "post")
    op.create_index(
        "ix_post_archive",
        "post",
        ["user_id", "id"],
        sqlite_where=sa.text("parent_id IS NULL AND deleted IS 0"),
        postgresql_where=sa.text("parent_id IS NULL AND deleted IS false"),
    )


def downgrade() -> None:
    op.create_index("ix_post_user_id_id", "post", ["user_id", "id"])
    op.drop_index("ix_post_user_id_id_deleted", "post")
    op.create_index("ix_post_parent_id_id", "post", ["parent_id", "id"])
    op.drop_index("ix_post_replies", "post")
    for table, whose, what in PAIRS:
        op.create_index(f"ix_{table}_{whose}_id", table, [whose, "id"])
        op.drop_index(f"ix_{table}_{whose}_id_{what}", table)
