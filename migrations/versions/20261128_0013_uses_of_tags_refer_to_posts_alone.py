"""Uses of tags refer to their post alone: the references to the tag and to the author go, and an index with them.

On PostgreSQL every reference costs a query and a row lock for each tag of each post. Of a tag that many posts
use at once, these locks were a tenth of the processor time of a post. Nothing is lost by it: nobody deletes
tags, the trigger that counts a use refuses one of a tag that does not exist, and the author of a use is that of
its post, which has a reference of its own.

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-28
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DROPPED = {"tag_id": "tag", "user_id": "user"}
INDEX = ("ix_post_tag_tag_id_post_id_user_id", ["tag_id", "post_id", "user_id"])
DROPPED_INDEX = ("ix_post_tag_user_id", ["user_id"])

# As in revision 0010, but for the exception.
COUNTING = """
CREATE OR REPLACE FUNCTION count_tag_use() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE tag SET uses = uses + 1 WHERE id = NEW.tag_id;{refusal}
    ELSE
        UPDATE tag SET uses = uses - 1 WHERE id = OLD.tag_id;
    END IF;
    RETURN NULL;
END $$
"""
REFUSAL = """
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING MESSAGE = 'There is no such tag', CONSTRAINT = 'post_tag_uses';
        END IF;"""
COUNTING_IN_SQLITE = (
    "CREATE TRIGGER post_tag_made AFTER INSERT ON post_tag"
    " BEGIN UPDATE tag SET uses = uses + 1 WHERE id = NEW.tag_id;{refusal} END",
    "CREATE TRIGGER post_tag_gone AFTER DELETE ON post_tag"
    " BEGIN UPDATE tag SET uses = uses - 1 WHERE id = OLD.tag_id; END",
)
REFUSAL_IN_SQLITE = " SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: no such tag') WHERE changes() = 0;"


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def name_of(column: str, to: str) -> str:
    return f"fk_post_tag_{column}_{to}"


def cascade(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name_of(column, to), ondelete="CASCADE")


def post_tag(references: dict[str, str]) -> sa.Table:
    """The table as it is before the change, for a rebuild without a look at the database."""
    return sa.Table(
        "post_tag",
        sa.MetaData(),
        sa.Column("post_id", big_id(), nullable=False),
        sa.Column("tag_id", big_id(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        *(cascade(column, to) for column, to in references.items()),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name="pk_post_tag"),
    )


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def replace_counting(refusal: str, refusal_in_sqlite: str) -> None:
    """The rebuild in SQLite has dropped the triggers."""
    if not is_sqlite():
        op.execute(COUNTING.format(refusal=refusal))
        return
    for trigger in COUNTING_IN_SQLITE:
        op.execute(trigger.format(refusal=refusal_in_sqlite))


def upgrade() -> None:
    op.drop_index(DROPPED_INDEX[0], "post_tag")
    if is_sqlite():
        op.drop_index(INDEX[0], "post_tag")
    with op.batch_alter_table("post_tag", copy_from=post_tag({"post_id": "post", **DROPPED})) as table:
        for column, to in DROPPED.items():
            table.drop_constraint(name_of(column, to), type_="foreignkey")
    if is_sqlite():
        op.create_index(INDEX[0], "post_tag", INDEX[1])
    replace_counting(REFUSAL, REFUSAL_IN_SQLITE)


def downgrade() -> None:
    # What somebody deleted by hand would have taken these with it.
    op.execute("DELETE FROM post_tag WHERE tag_id NOT IN (SELECT id FROM tag)")
    op.execute('DELETE FROM post_tag WHERE user_id NOT IN (SELECT id FROM "user")')
    if not is_sqlite():
        op.execute("SET CONSTRAINTS post_tag_uses IMMEDIATE")  # no table can be changed before that
    if is_sqlite():
        op.drop_index(INDEX[0], "post_tag")
    with op.batch_alter_table("post_tag", copy_from=post_tag({"post_id": "post"})) as table:
        for column, to in DROPPED.items():
            table.create_foreign_key(name_of(column, to), to, [column], ["id"], ondelete="CASCADE")
    if is_sqlite():
        op.create_index(INDEX[0], "post_tag", INDEX[1])
    op.create_index(DROPPED_INDEX[0], "post_tag", DROPPED_INDEX[1])
    replace_counting("", "")
