"""Users, posts, follows and likes.

Revision ID: 0001
Revises:
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "user",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("username", sa.String(30), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("avatar", sa.String(500)),
        sa.Column("bio", sa.String(500)),
        sa.Column("superuser", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("followers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("following", sa.Integer(), server_default="0", nullable=False),
        sa.Column("posts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_user_username", "user", [sa.text("lower(username)")], unique=True)
    op.create_index("uq_user_email", "user", [sa.text("lower(email)")], unique=True)

    op.create_table(
        "post",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id()),
        sa.Column("parent_id", big_id()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.Column("edited_at", UTCDateTime()),
        sa.Column("deleted", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("likes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replies_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("deleted OR user_id IS NOT NULL", name=op.f("ck_post_author")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_post_user_id_user", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["post.id"], name="fk_post_parent_id_post", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sqlite_autoincrement=True,
    )
    for name, columns in (("ix_post_feed", ["id"]), ("ix_post_archive", ["user_id", "id"])):
        op.create_index(
            name,
            "post",
            columns,
            sqlite_where=sa.text("parent_id IS NULL AND deleted IS 0"),
            postgresql_where=sa.text("parent_id IS NULL AND deleted IS false"),
        )
    op.create_index("ix_post_user_id_id", "post", ["user_id", "id"])
    op.create_index("ix_post_parent_id_id", "post", ["parent_id", "id"])

    op.create_table(
        "social",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("follower_id", big_id(), nullable=False),
        sa.Column("followed_id", big_id(), nullable=False),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.CheckConstraint("follower_id <> followed_id", name=op.f("ck_social_no_self_follow")),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["user.id"], name="fk_social_follower_id_user", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["followed_id"], ["user.id"], name="fk_social_followed_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_social"),
        sa.UniqueConstraint("follower_id", "followed_id", name="uq_social_follower_id_followed_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_social_follower_id_id", "social", ["follower_id", "id"])
    op.create_index("ix_social_followed_id_id", "social", ["followed_id", "id"])

    op.create_table(
        "like",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("post_id", big_id(), nullable=False),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_like_user_id_user", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_like_post_id_post", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_like"),
        sa.UniqueConstraint("user_id", "post_id", name="uq_like_user_id_post_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_like_user_id_id", "like", ["user_id", "id"])
    op.create_index("ix_like_post_id_id", "like", ["post_id", "id"])


def downgrade() -> None:
    for table in ("like", "social", "post", "user"):
        op.drop_table(table)
