"""Notifications: unique per type and post, longer types, and an optional actor.

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-28
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_notification_user_id_id": ["user_id", "id"],
    "ix_notification_user_id_type_id": ["user_id", "type", "id"],
    "ix_notification_post_id": ["post_id"],
}
IS_UNREAD = {"sqlite_where": sa.text("read IS 0"), "postgresql_where": sa.text("read IS false")}
OLD = "uq_notification_actor_id_user_id_post_id"
NEW = "uq_notification_actor_id_user_id_type_post_id"


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def cascade(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = f"fk_notification_{column}_{to}"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete="CASCADE")


def notification(*, length: int, nullable: bool) -> sa.Table:
    """The table before the change, so that a rebuild does not have to reflect it."""
    return sa.Table(
        "notification",
        sa.MetaData(),
        sa.Column("id", big_id(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("type", sa.String(length), nullable=False),
        sa.Column("actor_id", big_id(), nullable=nullable),
        sa.Column("post_id", big_id()),
        sa.Column("date", UTCDateTime(), nullable=False),
        sa.Column("read", sa.Boolean(), server_default="0", nullable=False),
        cascade("user_id", "user"),
        cascade("actor_id", "user"),
        cascade("post_id", "post"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sqlite_autoincrement=True,
    )


def change_columns(unique: str, before: sa.Table, *, to_length: int, nullable: bool) -> None:
    """Change the columns. SQLite rebuilds the table, so its indexes are dropped before and created again."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_index(unique, "notification")
    if is_sqlite:
        op.drop_index("ix_notification_unread", "notification")
        for name in INDEXES:
            op.drop_index(name, "notification")
    with op.batch_alter_table("notification", copy_from=before) as table:
        table.alter_column("type", existing_type=sa.String(), type_=sa.String(to_length), nullable=False)
        table.alter_column("actor_id", existing_type=big_id(), nullable=nullable)
    if is_sqlite:
        for name, columns in INDEXES.items():
            op.create_index(name, "notification", columns)
        op.create_index("ix_notification_unread", "notification", ["user_id", "id"], **IS_UNREAD)


def upgrade() -> None:
    change_columns(OLD, notification(length=10, nullable=False), to_length=30, nullable=True)
    about = ["actor_id", "user_id", "type", sa.text("coalesce(post_id, 0)")]
    op.create_index(NEW, "notification", about, unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM notification WHERE actor_id IS NULL OR length(type) > 10")
    # The previous version allows one notification per post: keep the first.
    op.execute(
        "DELETE FROM notification WHERE EXISTS (SELECT 1 FROM notification AS first"
        " WHERE first.actor_id = notification.actor_id AND first.user_id = notification.user_id"
        " AND coalesce(first.post_id, 0) = coalesce(notification.post_id, 0) AND first.id < notification.id)"
    )
    change_columns(NEW, notification(length=30, nullable=True), to_length=10, nullable=False)
    op.create_index(
        OLD, "notification", ["actor_id", "user_id", sa.text("coalesce(post_id, 0)")], unique=True
    )
