"""Posts as RSS, as a reader of feeds understands it."""

import html
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest

from pamps.config import settings
from pamps.presenters.rss import TITLE_LENGTH, make_title, render_feed
from pamps.queries.rows import PostRow

pytestmark = pytest.mark.once

HERE = settings.server.address
DATE = datetime(2026, 11, 21, 9, 30, 15, 123456, tzinfo=UTC)
TEXTS = {
    "Latin": "Não há pão.\nSó açúcar & manteiga, 2 < 3 > 1.",
    "Cyrillic": "Съешь же ещё\nэтих мягких булок",
    "Arabic": "نص حكيم\nله سر قاطع",
    "Devanagari": "ऋषियों को\nसताने वाले",
    "Han": "色は匂へど\n散りぬるを",
    "emoji": "👩‍👩‍👧 🇧🇷\n👍🏽",
    "quotes": "\"double\" and 'single'\nand `back`",
}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">javascript:alert(1)</a>',
    "]]> <!-- <![CDATA[ <?php",
    "</title></item></channel></rss>",
    "&lt;script&gt; &amp; &#60;b&#62; &unknown; &",
    "<b>bold</b>",
]
WITHOUT_PLACE = [*map(chr, range(32)), "\ufffe", "\uffff", "\ud800", "\udfff"]


def make_post(text: str = "A text.", post_id: int = 1, **more: Any) -> PostRow:
    given = {
        "id": post_id,
        "text": text,
        "date": DATE,
        "user_id": 1,
        "parent_id": None,
        "edited_at": None,
        "deleted": False,
        "likes": 0,
        "replies_count": 0,
        "author_name": "ana",
        "author_avatar": None,
        "liked": None,
        **more,
    }
    return PostRow(**given)


def render(*posts: PostRow) -> bytes:
    return render_feed("ana", "What <ana> writes", "/user/ana/feed.xml", posts)


def read(document: bytes, *, trusting: bool = True) -> Any:
    """What a reader makes of it; one that is `trusting` shows whatever HTML there is."""
    read = feedparser.parse(document, sanitize_html=not trusting, resolve_relative_uris=False)
    assert not read.bozo, read.bozo_exception
    return read


def test_a_feed_says_what_it_is_and_where() -> None:
    feed = read(render()).feed

    assert read(render()).version == "rss20"
    assert (feed.title, feed.subtitle) == ("ana", "What &lt;ana&gt; writes")
    assert feed.link == f"{HERE}/user/ana/"
    assert {"rel": "self", "href": f"{HERE}/user/ana/feed.xml"}.items() <= feed.links[1].items()


def test_an_item_has_all_that_a_reader_wants() -> None:
    document = render(make_post("A text.", 4711))
    (item,) = read(document).entries

    assert (item.title, item.description, item.author) == ("A text.", "A text.", "ana")
    assert item.link == item.id == f"{HERE}/post/4711/"
    assert b'<guid isPermaLink="true">' in document
    assert item.published == "Sat, 21 Nov 2026 09:30:15 +0000"


def test_items_keep_their_order() -> None:
    items = read(render(*(make_post(post_id=number) for number in (3, 1, 2)))).entries

    assert [item.link for item in items] == [f"{HERE}/post/{number}/" for number in (3, 1, 2)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_of_any_script_come_through(text: str) -> None:
    (item,) = read(render(make_post(text))).entries
    lines = text.split("\n")

    assert html.unescape(item.title) == lines[0]
    assert [html.unescape(line) for line in item.description.split("<br>")] == lines


@pytest.mark.security(21)
@pytest.mark.parametrize("text", HOSTILE)
def test_html_in_a_text_is_text(text: str) -> None:
    (item,) = read(render(make_post(text))).entries

    for shown in (item.title, item.description):
        assert "<" not in shown
        assert html.unescape(shown) == text
    (careful,) = read(render(make_post(text)), trusting=False).entries
    assert html.unescape(careful.description) == text


@pytest.mark.security(21)
@pytest.mark.parametrize("character", WITHOUT_PLACE, ids=ascii)
def test_a_character_that_xml_cannot_hold_is_shown_as_such(character: str) -> None:
    (item,) = read(render(make_post(f"a{character}b"))).entries

    expected = {"\n": "a<br>b", "\r": "a<br>b", "\t": "a\tb"}.get(character, "a\ufffdb")
    assert item.description == expected


def test_blanks_around_a_text_are_left_out_and_lines_are_kept() -> None:
    (item,) = read(render(make_post("\n\n  One\r\n\r\nTwo\n"))).entries

    assert item.description == "One<br><br>Two"


def test_the_latest_change_is_that_of_the_feed() -> None:
    posts = [make_post(post_id=2, date=DATE + timedelta(hours=1)), make_post()]
    edited = make_post(edited_at=DATE + timedelta(hours=2))

    assert read(render(*posts)).feed.updated == "Sat, 21 Nov 2026 10:30:15 +0000"
    assert read(render(*posts[:1], edited)).feed.updated == "Sat, 21 Nov 2026 11:30:15 +0000"


def test_the_same_posts_are_the_same_bytes() -> None:
    for posts in ([], [make_post()]):
        assert render(*posts) == render(*posts)
    assert read(render()).feed.updated == "Thu, 01 Jan 1970 00:00:00 +0000"


WORD = string.ascii_lowercase[:9]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Short.", "Short."),
        ("  First line \nSecond line", "First line"),
        ("\u200b\n \nFirst seen", "First seen"),
        ("x" * TITLE_LENGTH, "x" * TITLE_LENGTH),
        ("x" * (TITLE_LENGTH + 1), "x" * TITLE_LENGTH + "…"),
        ("色" * 100, "色" * TITLE_LENGTH + "…"),
        (f"{WORD} " * 10, f"{WORD} " * 5 + f"{WORD}…"),
        (f"{WORD} " * 5 + WORD + "x more", f"{WORD} " * 5 + f"{WORD}x…"),
        (f"{WORD} " * 5 + WORD + "xx more", f"{WORD} " * 4 + f"{WORD}…"),
        ("", ""),
    ],
)
def test_a_title_is_the_first_line_or_its_first_words(text: str, title: str) -> None:
    assert make_title(text) == title
