"""RSS 2.0 feeds of posts."""

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from feedgenerator import Rss201rev2Feed

from pamps.config import settings
from pamps.queries.rows import PostRow
from pamps.text.storable import is_blank

FILE = "feed.xml"
TITLE_LENGTH = 60
# Characters that are not allowed in XML, even escaped (XML 1.0, section 2.2).
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def render_feed(title: str, description: str, path: str, posts: Sequence[PostRow]) -> bytes:
    """An RSS document of the posts, in their order. `path` is its own path, below that of the page or list
    that it is a feed of. Deterministic: the same posts result in the same bytes.

    All text is escaped twice, as HTML and then as XML, because feed readers show titles and descriptions as
    HTML.
    """
    address = settings.server.address + path
    feed = _Rss(_as_html(title), address.removesuffix(FILE), _as_html(description), feed_url=address)
    for post in posts:
        _add_post(feed, post)
    text: str = feed.writeString("utf-8")
    return text.encode()


class _Rss(Rss201rev2Feed):  # type: ignore[misc] # the library has no types
    def latest_post_date(self) -> datetime:
        """The time of the latest post or edit. For an empty feed, the library would return now."""
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)


def _add_post(feed: _Rss, post: PostRow) -> None:
    address = f"{settings.server.address}/post/{post.id}/"
    text = NOT_IN_XML.sub("\ufffd", post.text)
    feed.add_item(
        title=_as_html(make_title(text)),
        link=address,
        description="<br>".join(_as_html(line) for line in text.strip().splitlines()),
        author_name=post.author_name,
        pubdate=post.date,
        updateddate=post.edited_at,
        unique_id=address,
        unique_id_is_permalink=True,
    )


def _as_html(text: str) -> str:
    return html.escape(text, quote=False)


def make_title(text: str) -> str:
    """The first line that is not blank, cut at a word boundary if longer than TITLE_LENGTH."""
    line = next((line.strip() for line in text.splitlines() if not is_blank(line)), "")
    if len(line) <= TITLE_LENGTH:
        return line
    # One more character, which may be the space after a word that just fits.
    whole_words = line[: TITLE_LENGTH + 1].rpartition(" ")[0].rstrip()
    return (whole_words or line[:TITLE_LENGTH]) + "…"
