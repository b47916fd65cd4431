"""Two-factor authentication: TOTP secrets and recovery codes.

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "totp",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime()),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_totp_user_id_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_totp"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_totp_user_id", "totp", ["user_id"], unique=True)

    op.create_table(
        "recovery_code",
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_recovery_code_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_recovery_code_user_id_code_hash", "recovery_code", ["user_id", "code_hash"], unique=True
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("totp")
