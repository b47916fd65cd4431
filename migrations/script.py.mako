<%!
    def quoted(value):
        return repr(value).replace("'", '"')
%>\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision or "nothing" | comma,n}
Create Date: ${create_date.date()}
"""

import sqlalchemy as sa
% if "sqlmodel." in (upgrades or "") + (downgrades or ""):
import sqlmodel
% endif
from alembic import op
${imports + "\n" if imports else ""}\

revision = ${quoted(up_revision)}
down_revision = ${quoted(down_revision)}
branch_labels = ${quoted(branch_labels)}
depends_on = ${quoted(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
