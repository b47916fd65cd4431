"""E-mail links, and whether an address is confirmed.

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Existing users can still log in. Neither database rewrites the table for this.
    op.add_column("user", sa.Column("confirmed", sa.Boolean(), server_default="1", nullable=False))

    op.create_table(
        "mail_link",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id()),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_mail_link_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mail_link"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_mail_link_token_hash", "mail_link", ["token_hash"], unique=True)
    op.create_index("uq_mail_link_user_id_purpose", "mail_link", ["user_id", "purpose"], unique=True)
    op.create_index("ix_mail_link_expires_at", "mail_link", ["expires_at"])


def downgrade() -> None:
    op.drop_table("mail_link")
    op.drop_column("user", "confirmed")
