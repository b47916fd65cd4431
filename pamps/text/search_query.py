"""Parsing search queries: pure functions that accept any input."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, NamedTuple

import regex

from pamps.text.entities import normal_tag
from pamps.text.tokenizer import is_paired, split_words, with_gershayim

MOST_TERMS = 20
MOST_WORDS = 100

# An optional minus; then key:value, a phrase in quotes of any kind, or everything up to the next whitespace
# or quote.
ITEM = regex.compile(
    r"""((?<!\S)-)?"""
    r"""(?:(?i:(from|tag|before|after)):([^\s"“”„«»「」＂]+)"""
    r"""|["“”„«»「」＂]([^"“”„«»「」＂]*)["“”„«»「」＂]"""
    r"""|([^\s"“”„«»「」＂]+))"""
)
NAME = re.compile(r"[@＠]?([A-Za-z0-9_]{1,30})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OPPOSITE = {"before": "after", "after": "before"}


class Term(NamedTuple):
    """Adjacent normalised tokens; with `prefix`, the last one matches any token that starts with it."""

    words: tuple[str, ...]
    prefix: bool


@dataclass(frozen=True)
class SearchQuery:
    """What a post must and must not contain: terms, names and tags, without duplicates, in the order typed.

    Names are lower-case, tags normalised. `after` is inclusive and `before` exclusive, both in UTC.
    """

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    unwanted_authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    unwanted_tags: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the query has no conditions at all."""
        return self == SearchQuery()


def parse(typed: str) -> SearchQuery:
    """Parse words, "phrases", -not, begin*, from:name, tag:x or #x, before:2026-11-20 and after:2026-11-20.

    Never fails: anything else is words, one item that yields several tokens is a phrase, and items without
    tokens are ignored. The strictest of several dates applies, and `-before:` means `after:`. Only the first
    MOST_TERMS distinct terms, names and tags count, and the first MOST_WORDS tokens of a phrase.
    """
    items = [_item(*found.groups()) for found in ITEM.finditer(with_gershayim(typed))]
    days = {name: [value for field, value in items if field == name] for name in OPPOSITE}
    others = dict.fromkeys(item for item in items if item[0] not in OPPOSITE and item[1])
    fields: dict[str, list[Any]] = defaultdict(list)
    for field, value in islice(others, MOST_TERMS):
        fields[field].append(value)
    return SearchQuery(
        **{field: tuple(values) for field, values in fields.items()},
        after=max(days["after"], default=None),
        before=min(days["before"], default=None),
    )


def _item(
    minus: str | None, key: str | None, value: str | None, phrase: str | None, word: str | None
) -> tuple[str, Any]:
    """A field of SearchQuery and a value for it, which is None if there is nothing to search for."""
    unwanted = "unwanted_" if minus else ""
    if key and value and (found := _keyed(key.lower(), value)):
        field, meant = found
        return (
            (OPPOSITE[field] if minus else field, meant) if field in OPPOSITE else (unwanted + field, meant)
        )
    if word and word[0] in "#＃﹟" and (tag := _tag(word)):
        return unwanted + "tags", tag
    typed = f"{key}:{value}" if key else phrase or word or ""
    return ("unwanted" if minus else "wanted"), _term(typed)


def _keyed(key: str, value: str) -> tuple[str, Any] | None:
    """The field and value that `key:value` stands for; None if the value is invalid for the key."""
    if key == "from":
        name = NAME.fullmatch(value)
        return ("authors", name[1].lower()) if name else None
    if key == "tag":
        tag = _tag(value)
        return ("tags", tag) if tag else None
    day = _day(value)
    return (key, day) if day else None


def _tag(typed: str) -> str:
    """The normalised tag, without punctuation that follows it, as in `#bread, #butter!`."""
    return normal_tag(typed.rstrip(",.;:!?"))


def _day(typed: str) -> datetime | None:
    """The start of a day in UTC; None if the date is invalid."""
    if not DAY.fullmatch(typed):
        return None
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError:
        return None


def _term(typed: str) -> Term | None:
    """The tokens of `typed` as a term; None if there are none.

    The last character of a run split into pairs is a token of its own only where the run ends, which in a
    post may be further on. So it is omitted; if it is the only one, it matches as the prefix of a pair.
    """
    words = split_words(typed)
    if not words:
        return None
    is_paired_end = len(words) > 1 and words[-2].end == words[-1].end
    if is_paired_end:
        words.pop()
    is_open = not is_paired_end and len(words) <= MOST_WORDS
    prefix = is_open and (typed.rstrip().endswith("*") or is_paired(words[-1].text))
    return Term(tuple(word.text for word in words[:MOST_WORDS]), prefix)
