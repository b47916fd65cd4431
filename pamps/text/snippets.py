"""Scoring texts against a query, and excerpts of them with matches marked: pure functions."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypedDict

from pamps.text.search_query import SearchQuery, Term
from pamps.text.tokenizer import Word, is_paired, split_words

# Okapi BM25: term saturation (k1), length normalisation (b), and the assumed mean length in tokens.
SATURATION = 1.2
LENGTH_WEIGHT = 0.75
MEAN_LENGTH = 20

ELLIPSIS = "…"


class Segment(TypedDict):
    """A piece of text, and whether it matches the query."""

    text: str
    match: bool


def score(query: SearchQuery, words: Sequence[str]) -> float:
    """The score of a matching text, given its normalised tokens in order.

    The sum of the frequencies of the wanted terms, saturated as in BM25: more matches and shorter texts score
    higher. It does not depend on other texts, so scores are stable, and rare terms weigh the same as common
    ones. 0.0 without wanted terms.
    """
    length = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * len(words) / MEAN_LENGTH)
    counts = [len(_ends(term, words)) for term in query.wanted]
    return sum((count * (SATURATION + 1) / (count + length) for count in counts if count), 0.0)


def snippet(query: SearchQuery, text: str, longest: int = 200) -> list[Segment]:
    """The excerpt of `text` around the first match of a wanted term, split where matches start and end.

    At most `longest` characters of the text, cut between words if possible, plus "…" at each end that was
    cut. Without a match it is the beginning of the text. Adjacent matches are merged. The joined segments,
    without the added "…", are a substring of the text.
    """
    words = tuple(split_words(text))
    matches = _merged(place for term in query.wanted for place in _places(term, words))
    start, end = _stretch(text, words, matches[0] if matches else (0, 0), longest)
    inside = [(max(start, first), min(end, last)) for first, last in matches if first < end and last > start]
    # Plain and matching pieces alternate, starting with a plain one.
    edges = [start, *(edge for match in inside for edge in match), end]
    pieces = [text[here:there] for here, there in pairwise(edges)]
    pieces[0] = ELLIPSIS * (start > 0) + pieces[0]
    pieces[-1] += ELLIPSIS * (end < len(text))
    return [Segment(text=piece, match=number % 2 == 1) for number, piece in enumerate(pieces) if piece]


def _places(term: Term, words: tuple[Word, ...]) -> list[tuple[int, int]]:
    """The positions of a term in the text, in order; matches of one term may overlap."""
    texts = [word.text for word in words]
    before = len(term.words) - 1
    return [(words[end - before].start, _end(term, words, end)) for end in _ends(term, texts)]


def _ends(term: Term, words: Sequence[str]) -> list[int]:
    """The indices of the tokens at which a match of the term ends, in order."""
    *exact, last = term.words
    count = len(exact)
    return [
        number
        for number in range(count, len(words))
        if (words[number].startswith(last) if term.prefix else words[number] == last)
        and list(words[number - count : number]) == exact
    ]


def _end(term: Term, words: tuple[Word, ...], number: int) -> int:
    """The end in the text of a match whose last token is `number`; within a pair matched by its first
    character, the end of that character."""
    end = words[number].end
    if term.prefix and is_paired(term.words[-1]) and number + 1 < len(words):
        return min(end, words[number + 1].start)
    return end


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort positions, and merge those that touch or overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _stretch(text: str, words: tuple[Word, ...], match: tuple[int, int], longest: int) -> tuple[int, int]:
    """The bounds of the excerpt: a third of the spare length goes before the match, or more near the end."""
    if len(text) <= longest:
        return 0, len(text)
    first, last = match
    room = max(0, longest - (last - first))
    earliest = max(0, min(first - room // 3, len(text) - longest))
    start = min((w.start for w in words if earliest <= w.start <= first), default=earliest) if earliest else 0
    while start > earliest and _is_punctuation(text[start - 1]):
        start -= 1
    latest = min(len(text), start + longest)
    if latest == len(text):
        return start, latest
    needed = last if start < last <= latest else start + 1
    end = max((w.end for w in words if needed <= w.end <= latest), default=latest)
    while end < latest and _is_punctuation(text[end]):
        end += 1
    return start, end


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P")
