"""Personal access tokens.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", sa.String(10), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime()),
        sa.Column("last_used_at", UTCDateTime()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_access_token_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_access_token"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_access_token_token_hash", "access_token", ["token_hash"], unique=True)
    op.create_index("ix_access_token_user_id_id", "access_token", ["user_id", "id"])


def downgrade() -> None:
    op.drop_table("access_token")
