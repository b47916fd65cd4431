"""Tags, the search index, and posts by date.

Existing posts are tagged and indexed by `pamps.services.reindex`, which `pamps migrate` and `pamps serve` run if
there are posts and the index is empty.

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def plain_order(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def cascade(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = f"fk_post_tag_{column}_{to}"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete="CASCADE")


def is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


# Updating a count locks its row until the end of the transaction, and a trending tag is used by many concurrent
# transactions. So PostgreSQL counts at commit (deferred trigger), when no lock waits for a client any more.
COUNTING = """
CREATE OR REPLACE FUNCTION count_tag_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE tag SET uses = uses + 1 WHERE id = NEW.tag_id;
    ELSE
        UPDATE tag SET uses = uses - 1 WHERE id = OLD.tag_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER post_tag_uses AFTER INSERT OR DELETE ON post_tag
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_tag_use();
"""
COUNTING_IN_SQLITE = (
    "CREATE TRIGGER post_tag_made AFTER INSERT ON post_tag"
    " BEGIN UPDATE tag SET uses = uses + 1 WHERE id = NEW.tag_id; END",
    "CREATE TRIGGER post_tag_gone AFTER DELETE ON post_tag"
    " BEGIN UPDATE tag SET uses = uses - 1 WHERE id = OLD.tag_id; END",
)


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("id", big_id(), sa.Identity(), nullable=False),
        sa.Column("folded", plain_order(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_tag_name", "tag", ["name"], unique=True)
    op.create_index("ix_tag_folded", "tag", ["folded"])
    op.create_table(
        "post_tag",
        sa.Column("post_id", big_id(), nullable=False),
        sa.Column("tag_id", big_id(), nullable=False),
        sa.Column("user_id", big_id(), nullable=False),
        cascade("post_id", "post"),
        cascade("tag_id", "tag"),
        cascade("user_id", "user"),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name="pk_post_tag"),
    )
    op.create_index("ix_post_tag_tag_id_post_id_user_id", "post_tag", ["tag_id", "post_id", "user_id"])
    op.create_index("ix_post_tag_user_id", "post_tag", ["user_id"])
    op.create_index("ix_post_date", "post", ["date"])
    if is_postgresql():
        # Names with a common prefix become adjacent in the index. Only indexes are rebuilt.
        op.execute('ALTER TABLE "user" ALTER COLUMN username TYPE VARCHAR(30) COLLATE "C"')
        op.execute("ALTER TABLE post_tag ALTER COLUMN tag_id SET (n_distinct = -0.01)")
        op.create_table(
            "search_index",
            sa.Column("post_id", sa.BigInteger(), nullable=False),
            sa.Column("words", sa.dialects.postgresql.TSVECTOR(), nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            # No foreign key to posts: as on SQLite, services keep the index up to date.
            sa.PrimaryKeyConstraint("post_id", name="pk_search_index"),
        )
        op.create_index("ix_search_index_words", "search_index", ["words"], postgresql_using="gin")
        op.execute(COUNTING)
    else:
        # All non-ASCII characters are token characters, and of ASCII those used by pamps.text.tokenizer and by marks.
        op.execute(
            "CREATE VIRTUAL TABLE search_index"
            """ USING fts5(words, user_id UNINDEXED, tokenize = "ascii tokenchars '_@#:'")"""
        )
        for trigger in COUNTING_IN_SQLITE:
            op.execute(trigger)


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
    if is_postgresql():
        op.execute('ALTER TABLE "user" ALTER COLUMN username TYPE VARCHAR(30) COLLATE "default"')
    op.drop_index("ix_post_date", "post")
    op.drop_table("post_tag")
    if is_postgresql():
        op.execute("DROP FUNCTION count_tag_use")
    op.drop_table("tag")
