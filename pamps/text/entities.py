"""Extracting tags and mentions from text: pure functions, linear in the length of the text for any input.

Code and URLs are skipped. Code is what CommonMark defines: spans between runs of backticks (section 6.1),
which end with their paragraph, and fenced blocks (section 4.5). Otherwise posts are not Markdown: a backslash
does not escape, and an unclosed span or fence is text.
"""

import unicodedata
from collections.abc import Iterator
from itertools import accumulate, islice

import regex

MOST_TAGS = 50
MOST_MENTIONS = 50
LONGEST_TAG = 100
# At most four code points compose into one, so anything longer is too long in any case. The bound protects
# normalize(), which sorts marks and takes quadratic time on long runs of them.
LONGEST_TYPED_TAG = 4 * LONGEST_TAG

# Letters, marks, digits and connectors as in UAX #31, and the ZWNJ used inside Persian words.
TAG_BODY = regex.compile(r"[\p{XID_Continue}\u200c]+")
# A preceding variation selector belongs to an emoji, although it is XID_Continue.
TAG = regex.compile(
    r"(?V1)(?<![[\p{XID_Continue}&/#＃﹟]--\p{Variation_Selector}])[#＃﹟]([\p{XID_Continue}\u200c]+)"
)
HASH = regex.compile(r"[#＃﹟]")
LETTER = regex.compile(r"\p{L}")
INVISIBLE = regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}--\u200c]+")

# Letters of these scripts continue a word; those of scripts without spaces may adjoin a name.
MENTION = regex.compile(
    r"(?<![\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\u0300-\u036f_/@＠+%=&])"
    r"[@＠]([A-Za-z0-9_]{1,30})"
    r"(?![\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\p{M}_]|[@＠][\p{L}\p{Nd}_])"
)

URL = regex.compile(r"(?i)(?:https?://|(?<![\p{L}\p{Nd}_])www\.)[^\s<>\"“”«»、。「」『』（），！？；]*")
FENCE = regex.compile(r"(?m)^ {0,3}(`{3,})([^`\n]*)$")
# Runs of backticks, and the empty lines between paragraphs.
BACKTICKS = regex.compile(r"`+|\n[ \t\r]*(?=\n)")


def find_tags(text: str) -> list[str]:
    """The normalised `#tags` in order of first appearance, without duplicates, at most MOST_TAGS.

    A tag consists of XID_Continue characters (UAX #31), contains a letter, and has at most LONGEST_TAG
    characters when normalised. Its sign must not follow a word, `&`, `/` or another sign.
    """
    if not HASH.search(text):
        return []
    tags = (_normal_body(found[1]) for found in TAG.finditer(_prose(text)))
    return list(islice(dict.fromkeys(tag for tag in tags if tag), MOST_TAGS))


def find_mentions(text: str) -> list[str]:
    """The lower-case `@names` in order of first appearance, without duplicates, at most MOST_MENTIONS.

    Does not check whether the users exist. Addresses (`ana@host`, `@ana@host`) and parts of words, paths and
    query strings are not mentions.
    """
    if "@" not in text and "＠" not in text:
        return []
    names = (found[1].lower() for found in MENTION.finditer(_prose(text)))
    return list(islice(dict.fromkeys(names), MOST_MENTIONS))


def normal_tag(typed: str) -> str:
    """The normalised form of a tag from a URL or a search, with or without its sign; "" if the text, apart
    from surrounding whitespace, is not a tag.

    Normalised means NFKC and case-folded, without invisible characters except inner ZWNJs. It is idempotent,
    and `find_tags("#" + tag)` finds exactly this tag.
    """
    typed = typed.strip()
    body = typed[1:] if HASH.match(typed) else typed
    return _normal_body(body) if TAG_BODY.fullmatch(body) else ""


def _normal_body(body: str) -> str:
    """The normalised form of what follows the sign; "" if it is too long or has no letter."""
    if len(body) > LONGEST_TYPED_TAG:
        return ""
    body = INVISIBLE.sub("", body).strip("\u200c")
    folded = unicodedata.normalize("NFKC", body).casefold()
    # Folded a second time: some letters have a lower case only when composed.
    tag: str = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return tag if len(tag) <= LONGEST_TAG and LETTER.search(tag) else ""


def _prose(text: str) -> str:
    """`text` with code and URLs replaced by spaces."""
    if "`" in text:
        text = "\n".join(" ".join(_outside_spans(part)) for part in _outside_fences(text))
    prose: str = URL.sub(" ", text)
    return prose


def _outside_fences(text: str) -> Iterator[str]:
    """The text outside fenced code. A fence is closed by a line of at least as many backticks and nothing
    else."""
    lines = list(FENCE.finditer(text))
    closing = [0 if line[2].strip() else len(line[1]) for line in lines]
    # The longest closing fence from each line on, to skip the search for a closing fence that does not exist.
    longest = [*accumulate(reversed(closing), max, initial=0)][::-1]
    opened = start = 0
    for number, line in enumerate(lines):
        if opened and closing[number] >= opened:
            opened, start = 0, line.end()
        elif not opened and longest[number + 1] >= len(line[1]):
            opened = len(line[1])
            yield text[start : line.start()]
    yield text[start:]


def _outside_spans(text: str) -> Iterator[str]:
    """The text outside code spans. A run of backticks is closed by the next run of the same length."""
    runs = list(BACKTICKS.finditer(text))
    start = 0
    for run, closing in zip(runs, _closing_runs(runs), strict=True):
        if run.start() >= start and closing:
            yield text[start : run.start()]
            start = closing.end()
    yield text[start:]


def _closing_runs(runs: list["regex.Match[str]"]) -> list["regex.Match[str] | None"]:
    """For each run, the next run of the same length in the same paragraph, or None."""
    found: list[regex.Match[str] | None] = []
    later: dict[int, regex.Match[str]] = {}
    for run in reversed(runs):
        is_backticks = run[0].startswith("`")
        found.append(later.get(len(run[0])) if is_backticks else None)
        if is_backticks:
            later[len(run[0])] = run
        else:
            later.clear()
    return found[::-1]
