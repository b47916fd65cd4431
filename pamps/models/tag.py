"""Tags."""

from sqlalchemy import Index, String
from sqlmodel import Field, SQLModel, col

from pamps.models.types import TABLE_OPTIONS, BigId, counter, identity, reference
from pamps.text.entities import LONGEST_TAG

# Collated by code point on both databases, so that tags with a common prefix are adjacent in the index.
PLAIN_ORDER = String(LONGEST_TAG).with_variant(String(LONGEST_TAG, collation="C"), "postgresql")


class TagPublic(SQLModel):
    """The public fields of a tag."""

    # The normalised form; see pamps.text.entities.
    name: str = Field(max_length=LONGEST_TAG)
    # The number of posts with this tag; maintained by triggers, see migration 0010.
    uses: int = counter()


class Tag(TagPublic, table=True):
    """A tag that is or was used by a post."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    # The name as search normalises it, without accents.
    folded: str = Field(sa_type=PLAIN_ORDER)


Index("uq_tag_name", col(Tag.name), unique=True)
Index("ix_tag_folded", col(Tag.folded))


class PostTag(SQLModel, table=True):
    """The use of a tag by a post. Deleted posts have none.

    Only the post is a foreign key, because PostgreSQL checks each of them for each use. Tags are never
    deleted, and the trigger that counts a use refuses one of a tag that does not exist (migration 0013).
    """

    __tablename__ = "post_tag"

    post_id: int = reference("post.id", ondelete="CASCADE", primary_key=True)
    tag_id: int = Field(sa_type=BigId, primary_key=True)
    # The author of the post, so that the posts of a tag are selected by an index-only scan.
    user_id: int = Field(sa_type=BigId)


Index("ix_post_tag_tag_id_post_id_user_id", col(PostTag.tag_id), col(PostTag.post_id), col(PostTag.user_id))


class TagResponse(TagPublic):
    """A tag with the number of posts that use it."""


class TrendingTagResponse(TagPublic):
    """A trending tag with the number of people who used it recently."""

    people: int
