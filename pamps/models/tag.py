"""Tags: what posts say they are about."""

from sqlalchemy import Index, String
from sqlmodel import Field, SQLModel, col

from pamps.models.types import TABLE_OPTIONS, counter, identity, reference
from pamps.text.entities import LONGEST_TAG

# By code points on both databases: only so the tags that begin alike are neighbours in an index.
PLAIN_ORDER = String(LONGEST_TAG).with_variant(String(LONGEST_TAG, collation="C"), "postgresql")


class TagPublic(SQLModel):
    """What everybody sees of a tag."""

    # The normal form, see pamps.text.entities.
    name: str = Field(max_length=LONGEST_TAG)
    # How many posts have it; counted by triggers, see migration 0010.
    uses: int = counter()


class Tag(TagPublic, table=True):
    """A tag that a post has, or had."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    # The name without accents, as search folds it.
    folded: str = Field(sa_type=PLAIN_ORDER)


Index("uq_tag_name", col(Tag.name), unique=True)
Index("ix_tag_folded", col(Tag.folded))


class PostTag(SQLModel, table=True):
    """A post has a tag. Deleted posts have none."""

    __tablename__ = "post_tag"

    post_id: int = reference("post.id", ondelete="CASCADE", primary_key=True)
    tag_id: int = reference("tag.id", ondelete="CASCADE", primary_key=True)
    # Who wrote the post, so that the posts of a tag are chosen from an index alone.
    user_id: int = reference("user.id", ondelete="CASCADE")


Index("ix_post_tag_tag_id_post_id_user_id", col(PostTag.tag_id), col(PostTag.post_id), col(PostTag.user_id))
Index("ix_post_tag_user_id", col(PostTag.user_id))


class TagResponse(TagPublic):
    """A tag, and how many posts have it."""


class TrendingTagResponse(TagPublic):
    """A tag that many write about, and how many people have lately."""

    people: int
