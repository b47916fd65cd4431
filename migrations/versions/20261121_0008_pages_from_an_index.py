"""Pages of timelines, likes and follows come from an index alone.

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

# Tables of pairs: their lists, each by id, including the id at the other end.
PAIRS = (
    ("social", "follower_id", "followed_id"),
    ("social", "followed_id", "follower_id"),
    ("like", "user_id", "post_id"),
    ("like", "post_id", "user_id"),
)

# The columns whose lists come from an index. With few users, PostgreSQL estimates each list as a large part of the
# table, and scans the table in order instead of using the index. So it is told that one row in a hundred starts a
# new list, regardless of the size (ALTER TABLE ... SET (n_distinct), in its manual).
LISTED_BY = (("post", "user_id"), ("post", "parent_id"), *((table, whose) for table, whose, _ in PAIRS))


def expect_short_lists(setting: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in LISTED_BY:
            op.execute(f'ALTER TABLE "{table}" ALTER COLUMN {column} {setting}')


def upgrade() -> None:
    expect_short_lists("SET (n_distinct = -0.01)")
    # The new ones first, so that lists stay fast in the meantime.
    for table, whose, what in PAIRS:
        op.create_index(f"ix_{table}_{whose}_id_{what}", table, [whose, "id", what])
        op.drop_index(f"ix_{table}_{whose}_id", table)
    op.create_index("ix_post_user_id_id_deleted", "post", ["user_id", "id", "deleted"])
    op.drop_index("ix_post_user_id_id", "post")
    # Excludes top-level posts, because SQLite would otherwise use it for posts by a user.
    is_reply = sa.text("parent_id IS NOT NULL")
    op.create_index(
        "ix_post_replies", "post", ["parent_id", "id"], sqlite_where=is_reply, postgresql_where=is_reply
    )
    op.drop_index("ix_post_parent_id_id", "post")
    # Recreated to be the newest: of two equally good indexes, SQLite picks that one.
    op.drop_index("ix_post_archive", "post")
    op.create_index(
        "ix_post_archive",
        "post",
        ["user_id", "id"],
        sqlite_where=sa.text("parent_id IS NULL AND deleted IS 0"),
        postgresql_where=sa.text("parent_id IS NULL AND deleted IS false"),
    )


def downgrade() -> None:
    expect_short_lists("RESET (n_distinct)")
    op.create_index("ix_post_user_id_id", "post", ["user_id", "id"])
    op.drop_index("ix_post_user_id_id_deleted", "post")
    op.create_index("ix_post_parent_id_id", "post", ["parent_id", "id"])
    op.drop_index("ix_post_replies", "post")
    for table, whose, what in PAIRS:
        op.create_index(f"ix_{table}_{whose}_id", table, [whose, "id"])
        op.drop_index(f"ix_{table}_{whose}_id_{what}", table)
