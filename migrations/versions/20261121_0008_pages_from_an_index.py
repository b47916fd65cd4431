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

# Whose lists are found by an index. PostgreSQL takes the lists of few people for large parts of a table, and
# then walks through the table in order rather than take the index. So it is told that one in a hundred rows
# begins a new list, however many there are (ALTER TABLE ... SET (n_distinct), in its manual).
LISTED_BY = (("post", "user_id"), ("post", "parent_id"), *((table, whose) for table, whose, _ in PAIRS))


def expect_short_lists(setting: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in LISTED_BY:
            op.execute(f'ALTER TABLE "{table}" ALTER COLUMN {column} {setting}')


def upgrade() -> None:
    expect_short_lists("SET (n_distinct = -0.01)")
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
    expect_short_lists("RESET (n_distinct)")
    op.create_index("ix_post_user_id_id", "post", ["user_id", "id"])
    op.drop_index("ix_post_user_id_id_deleted", "post")
    op.create_index("ix_post_parent_id_id", "post", ["parent_id", "id"])
    op.drop_index("ix_post_replies", "post")
    for table, whose, what in PAIRS:
        op.create_index(f"ix_{table}_{whose}_id", table, [whose, "id"])
        op.drop_index(f"ix_{table}_{whose}_id_{what}", table)
