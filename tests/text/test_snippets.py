"""How well a text fits a search, and what of it is shown."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamps.text.search_query import SearchQuery, parse
from pamps.text.snippets import Segment, snippet
from pamps.text.snippets import score as score_words
from pamps.text.tokenizer import plain_words

pytestmark = pytest.mark.once

quick = settings(max_examples=300, deadline=None, database=None)
texts = st.lists(
    st.sampled_from(["a", "b", "ab", " ", " ", ", ", "é", "日", "店", "店日", "❤️", "word ", "…"])
).map("".join)
queries = st.sampled_from(["a", "a b", '"a b"', "a*", "日", "店日", '"a 店"', "-a", "", "日店日 a"]).map(
    parse
)


def score(query: SearchQuery, text: str) -> float:
    return score_words(query, plain_words(text))


def marked(segments: list[Segment]) -> str:
    """Segments as one line, with matches in brackets."""
    return "".join(f"[{segment['text']}]" if segment["match"] else segment["text"] for segment in segments)


# Scores


def test_more_matches_score_higher_but_ever_less_so() -> None:
    query = parse("bread")
    scores = [score(query, "bread " * count + "x " * (20 - count)) for count in range(5)]

    gains = [after - before for before, after in pairwise(scores)]

    assert scores[0] == 0.0
    assert all(gain > 0 for gain in gains)
    assert gains == sorted(gains, reverse=True)


def test_a_score_is_the_saturated_frequency_of_bm25() -> None:
    assert score(parse("bread"), "bread " + "x " * 19) == pytest.approx(2.2 / (1 + 1.2))
    assert score(parse("bread"), "bread bread" + " x" * 38) == pytest.approx(
        2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2))
    )


def test_shorter_texts_score_higher() -> None:
    assert score(parse("bread"), "fresh bread") > score(
        parse("bread"), "fresh bread from the oven of a friend"
    )


def test_scores_of_terms_add_up() -> None:
    text = "Fresh bread, and butter on the bread"

    both = score(parse('bread "and butter"'), text)

    assert both == pytest.approx(score(parse("bread"), text) + score(parse('"and butter"'), text))


@pytest.mark.parametrize("typed", ["", "-bread", "from:ana #bread", "after:2026-11-20"])
def test_without_wanted_terms_the_score_is_zero(typed: str) -> None:
    assert score(parse(typed), "bread") == 0.0


@pytest.mark.parametrize(
    ("typed", "text", "count"),
    [
        ("bread", "breads", 0),
        ("bread*", "breads Bread", 2),
        ('"a b"', "a, b b a b", 2),
        ('"a b"', "b a", 0),
        ("面包店", "面包 包店 面包店", 1),
        ("店", "店里的面包店", 2),
        ("日本", "日本語と日本", 2),
    ],
)
def test_what_counts_as_a_match(typed: str, text: str, count: int) -> None:
    assert marked(snippet(parse(typed), text)).count("[") == count
    assert (score(parse(typed), text) > 0) is (count > 0)


# Snippets


@pytest.mark.parametrize(
    ("typed", "text", "shown"),
    [
        ("bread", "Fresh BREAD, every day", "Fresh [BREAD], every day"),
        ("pao", "Pão e pães", "[Pão] e pães"),
        ("dont", "I don’t, don't I?", "I [don’t], [don't] I?"),
        ("bre*", "Bread, breads", "[Bread], [breads]"),
        ('"fresh bread"', "fresh, bread fresh", "[fresh, bread] fresh"),
        ("a b", "a b", "[a] [b]"),
        ('"a b" "b c"', "a b c", "[a b c]"),
        ("面包店", "我爱面包店的面包", "我爱[面包店]的面包"),
        ("店", "面包店 店里", "面包[店] [店]里"),
        ("กี ก", "กีก", "[กีก]"),
        ("か", "が か゛か", "が [か]゛[か]"),
        ("-bread x", "bread", "bread"),
        ("#bread", "#bread", "#bread"),
        ("x", "", ""),
    ],
)
def test_matches_are_marked(typed: str, text: str, shown: str) -> None:
    assert marked(snippet(parse(typed), text)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three four five six seven", "one two three four…"),
        ("match two three four five six seven", "[match] two three four…"),
        ("one two three four five six match", "…four five six [match]"),
        ("one two three four match five six seven eight", "…four [match] five six…"),
        ("one two, (match)! five six seven eight", "…([match])! five six…"),
        ("one two three 4 (match, five)! sixteen", "…4 ([match], five)!…"),
        ("x" * 30, "x" * 20 + "…"),
        ("match" + "x" * 30 + " y", "match" + "x" * 15 + "…"),
        ("y " * 20 + "match" + "x" * 30, "y " * 9 + "y…"),
        ("just enough letters.", "just enough letters."),
    ],
)
def test_a_long_text_is_cut_between_words_around_the_first_match(text: str, shown: str) -> None:
    assert marked(snippet(parse("match"), text, 20)) == shown


def test_a_match_that_is_longer_than_the_room_is_cut() -> None:
    assert marked(snippet(parse("match*"), "a b c match" + "x" * 30 + " y", 10)) == "…[matchxxxxx]…"
    assert marked(snippet(parse('"match is long"'), "a match is long", 10)) == "…[match is]…"


def test_scripts_without_spaces_are_cut_between_characters() -> None:
    assert marked(snippet(parse("面包"), "这" * 20 + "面包" + "那" * 20, 8)) == "…这这[面包]那那那那…"
    assert marked(snippet(parse("x"), "か\u3099" * 10, 5)) == "か\u3099" * 2 + "…"


@quick
@given(query=queries, text=texts, longest=st.integers(1, 30))
def test_a_snippet_is_a_piece_of_the_text_with_its_matches_apart(
    query: SearchQuery, text: str, longest: int
) -> None:
    segments = snippet(query, text, longest)

    shown = "".join(segment["text"] for segment in segments)
    whole = snippet(query, text, max(1, len(text)))
    assert any(
        piece in text and len(piece) <= longest
        for piece in (
            shown,
            shown.removeprefix("…"),
            shown.removesuffix("…"),
            shown.removeprefix("…").removesuffix("…"),
        )
    )
    assert (shown == text) or "…" in (shown[0], shown[-1])
    assert all(one["match"] is not two["match"] for one, two in pairwise(segments))
    assert all(segment["text"] for segment in segments)
    assert any(segment["match"] for segment in segments) is any(segment["match"] for segment in whole)


@quick
@given(query=queries, text=texts)
def test_a_text_scores_where_something_is_marked(query: SearchQuery, text: str) -> None:
    segments = snippet(query, text, max(1, len(text)))

    assert "".join(segment["text"] for segment in segments) == text
    assert any(segment["match"] for segment in segments) is (score(query, text) > 0)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("a", "a "),
        ('"a a"', "a "),
        ("zzz", "é "),
        ("é*", "é"),
        ("店店", "店"),
        ("店" * 200, "店"),
        ("店", "a店"),
    ],
)
def test_long_texts_take_no_time_to_speak_of(typed: str, part: str) -> None:
    text = part * (100_000 // len(part))

    assert len(marked(snippet(parse(typed), text))) < 500
    assert score(parse(typed), text) >= 0
