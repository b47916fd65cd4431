"""What a typed search means, in tables; and that nothing typed is ever an error."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamps.text.entities import normal_tag
from pamps.text.search_query import MOST_TERMS, MOST_WORDS, SearchQuery, Term, parse
from pamps.text.tokenizer import plain_words

pytestmark = pytest.mark.once

quick = settings(max_examples=500, deadline=None, database=None)
pieces = [
    "from:",
    "tag:",
    "before:",
    "after:",
    "2026-11-20",
    "9999-99-99",
    "@ana",
    "#x",
    "-",
    '"',
    "“",
    "」",
    "*",
    " ",
]
typings = st.text(st.characters()) | st.lists(st.sampled_from(pieces) | st.text(max_size=3)).map("".join)


def term(*words: str, prefix: bool = False) -> Term:
    return Term(words, prefix)


NOV_1, NOV_20 = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)

MEANINGS: list[tuple[str, dict[str, Any]]] = [
    # Nothing
    ("", {}),
    (" \t\n", {}),
    ('"" - -- * # @ ... ❤️', {}),
    ("\0 \ud800 \u200b", {}),
    # Words
    ("Bread  butter", {"wanted": (term("bread"), term("butter"))}),
    ("Pão, DON'T!", {"wanted": (term("pao"), term("dont"))}),
    ("bread butter Bread", {"wanted": (term("bread"), term("butter"))}),
    ("e-mail 3.14", {"wanted": (term("e", "mail"), term("3", "14"))}),
    ("a\0b x\ud800", {"wanted": (term("a", "b"), term("x"))}),
    ("100% _ \\ a_b", {"wanted": (term("100"), term("_"), term("a_b"))}),
    # Beginnings
    ("bread*", {"wanted": (term("bread", prefix=True),)}),
    ("e-mai*", {"wanted": (term("e", "mai", prefix=True),)}),
    ("br*ad bread *", {"wanted": (term("br", "ad"), term("bread"))}),
    ("-bre*", {"unwanted": (term("bre", prefix=True),)}),
    ('"white bre*"', {"wanted": (term("white", "bre", prefix=True),)}),
    # Phrases
    ('"Sour dough" x', {"wanted": (term("sour", "dough"), term("x"))}),
    ("“a b” „c d“ «e f»", {"wanted": (term("a", "b"), term("c", "d"), term("e", "f"))}),
    ("»g h« 「日本」", {"wanted": (term("g", "h"), term("日本"))}),
    ('"abc def', {"wanted": (term("abc"), term("def"))}),
    ('abc" def', {"wanted": (term("abc"), term("def"))}),
    ('a"b c"d', {"wanted": (term("a"), term("b", "c"), term("d"))}),
    ('"from:ana #x -y"', {"wanted": (term("from", "ana", "x", "y"),)}),
    ('"צה"ל גדול" צה"ל', {"wanted": (term("צהל", "גדול"), term("צהל"))}),
    # Not
    ('-rye -"white bread"', {"unwanted": (term("rye"), term("white", "bread"))}),
    ("a-b a -b", {"wanted": (term("a", "b"), term("a")), "unwanted": (term("b"),)}),
    ('"a"-b', {"wanted": (term("a"), term("b"))}),
    ("- rye", {"wanted": (term("rye"),)}),
    ("−rye –bread", {"wanted": (term("rye"), term("bread"))}),
    # People
    ("from:Ana FROM:@bia", {"authors": ("ana", "bia")}),
    ("-from:ana", {"unwanted_authors": ("ana",)}),
    ("from:ana from:ANA", {"authors": ("ana",)}),
    ("from: ana", {"wanted": (term("from"), term("ana"))}),
    ("from:a-b from:zoë", {"wanted": (term("from", "a", "b"), term("from", "zoe"))}),
    ("from:" + "n" * 31, {"wanted": (term("from", "n" * 31),)}),
    ("xfrom:ana", {"wanted": (term("xfrom", "ana"),)}),
    # Tags
    ("#São tag:Pão Tag:#x ＃ｙ", {"tags": ("são", "pão", "x", "y")}),
    ("-#x -tag:y", {"unwanted_tags": ("x", "y")}),
    ("#bread, #butter!", {"tags": ("bread", "butter")}),
    ("#1 #a-b tag:1", {"wanted": (term("1"), term("a", "b"), term("tag", "1"))}),
    ("#bre* C#", {"wanted": (term("bre", prefix=True), term("c"))}),
    # Days
    ("before:2026-11-20 after:2026-11-01", {"before": NOV_20, "after": NOV_1}),
    ("Before:2026-11-20 BEFORE:2026-11-01", {"before": NOV_1}),
    ("after:2026-11-20 after:2026-11-01", {"after": NOV_20}),
    ("-before:2026-11-20", {"after": NOV_20}),
    ("-after:2026-11-20", {"before": NOV_20}),
    ("before:tomorrow", {"wanted": (term("before", "tomorrow"),)}),
    ("after:2026-02-30", {"wanted": (term("after", "2026", "02", "30"),)}),
    ("after:20261120", {"wanted": (term("after", "20261120"),)}),
    ("after:0000-01-01", {"wanted": (term("after", "0000", "01", "01"),)}),
    # Scripts in pairs
    ("面包", {"wanted": (term("面包"),)}),
    ("面包店", {"wanted": (term("面包", "包店"),)}),
    ("店", {"wanted": (term("店", prefix=True),)}),
    ("店* 面包*", {"wanted": (term("店", prefix=True), term("面包"))}),
    ("-面包店", {"unwanted": (term("面包", "包店"),)}),
    ('"面包 店"', {"wanted": (term("面包", "包", "店", prefix=True),)}),
    ("手机iPhone iPhone手机", {"wanted": (term("手机", "机", "iphone"), term("iphone", "手机"))}),
    ("빵집 ที่", {"wanted": (term("빵집"), term("ที่", prefix=True))}),
    # All together
    (
        'fresh "sour dough" -rye bre* from:ana #food after:2026-11-01',
        {
            "wanted": (term("fresh"), term("sour", "dough"), term("bre", prefix=True)),
            "unwanted": (term("rye"),),
            "authors": ("ana",),
            "tags": ("food",),
            "after": NOV_1,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "meaning"), MEANINGS)
def test_what_a_search_means(typed: str, meaning: dict[str, Any]) -> None:
    query = parse(typed)

    assert query == SearchQuery(**meaning)
    assert query.is_empty is (not meaning)


def test_only_so_many_terms_count() -> None:
    typed = (
        " ".join(f"w{number}" for number in range(15))
        + " #t0 #t1 -u0 from:ana from:bia #t2 before:2026-11-20"
    )

    query = parse(typed)

    assert MOST_TERMS == 20
    assert query.wanted == tuple(term(f"w{number}") for number in range(15))
    assert (query.tags, query.unwanted, query.authors) == (("t0", "t1"), (term("u0"),), ("ana", "bia"))
    assert query.before == NOV_20


def test_only_so_many_words_of_a_phrase_count() -> None:
    spaced, paired = parse('"' + "a " * 200 + 'b*"').wanted, parse("店" * 200).wanted

    assert spaced == (term(*["a"] * MOST_WORDS),)
    assert paired == (term(*["店店"] * MOST_WORDS),)
    assert parse("店" * (MOST_WORDS + 1)).wanted == paired


@quick
@given(typed=typings)
def test_any_query_is_accepted_and_normalised(typed: str) -> None:
    query = parse(typed)

    for words, prefix in query.wanted + query.unwanted:
        assert 1 <= len(words) <= MOST_WORDS
        assert isinstance(prefix, bool)
        assert all(word and not set(word) & set(" \"'*#@-\\\0") for word in words)
    assert all(name == name.lower() and name.isascii() for name in query.authors + query.unwanted_authors)
    assert all(tag and normal_tag(tag) == tag for tag in query.tags + query.unwanted_tags)
    assert all(day is None or day.tzinfo is UTC for day in (query.after, query.before))


@quick
@given(text=st.text(st.characters(exclude_characters="-*#:")))
def test_unquoted_words_are_all_wanted(text: str) -> None:
    wanted = parse(text).wanted

    assert {word for found in wanted for word in found.words} <= set(
        plain_words(text.replace('"', " ")) + plain_words(text)
    )
    assert bool(wanted) is bool(plain_words(text))


@pytest.mark.security(16)
@pytest.mark.parametrize(
    "part",
    ['"', '" ', "-", '-"', ' -"', "from:", "tag:#", '"a', 'a"', "店", 'ש"', "#", "a* ", "before:2026-11-20 "],
)
def test_long_hostile_searches_take_no_time_to_speak_of(part: str) -> None:
    query = parse(part * (100_000 // len(part)))

    assert len(query.wanted + query.unwanted) <= MOST_TERMS
