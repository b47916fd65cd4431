"""Mutes, blocks and notifications.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def cascade(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{to}"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "hiding",
        sa.Column("hidden_id", big_id(), nullable=False),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.CheckConstraint("user_id <> hidden_id", name=op.f("ck_hiding_no_self_hiding")),
        cascade("hiding", "hidden_id", "user"),
        cascade("hiding", "user_id", "user"),
        sa.PrimaryKeyConstraint("id", name="pk_hiding"),
        sa.UniqueConstraint("user_id", "hidden_id", "kind", name="uq_hiding_user_id_hidden_id_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hiding_user_id_kind_id", "hiding", ["user_id", "kind", "id"])
    op.create_index("ix_hiding_hidden_id", "hiding", ["hidden_id"])

    op.create_table(
        "notification",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("type", sa.String(10), nullable=False),
        sa.Column("actor_id", big_id(), nullable=False),
        sa.Column("post_id", big_id()),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.Column("read", sa.Boolean(), server_default="0", nullable=False),
        cascade("notification", "user_id", "user"),
        cascade("notification", "actor_id", "user"),
        cascade("notification", "post_id", "post"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sqlite_autoincrement=True,
    )
    about = ["actor_id", "user_id", sa.text("coalesce(post_id, 0)")]
    op.create_index("uq_notification_actor_id_user_id_post_id", "notification", about, unique=True)
    op.create_index("ix_notification_user_id_id", "notification", ["user_id", "id"])
    op.create_index("ix_notification_user_id_type_id", "notification", ["user_id", "type", "id"])
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["user_id", "id"],
        sqlite_where=sa.text("read IS 0"),
        postgresql_where=sa.text("read IS false"),
    )
    op.create_index("ix_notification_post_id", "notification", ["post_id"])
    if op.get_bind().dialect.name == "postgresql":
        # So that short lists come from their indexes, too (see migration 0008).
        for table in ("hiding", "notification"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN user_id SET (n_distinct = -0.01)")


def downgrade() -> None:
    op.drop_table("notification")
    op.drop_table("hiding")
