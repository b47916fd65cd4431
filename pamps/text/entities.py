"""Tags and mentions in what people write: pure, and linear in the length of the text, whatever it holds.

Code and URLs hold neither. Code is what CommonMark takes for it: spans between runs of backticks (section
6.1), which end with their paragraph, and fences of them (section 4.5). Posts are not Markdown, so this is all
of it: a backslash escapes nothing, and what is not closed is text, also a fence.
"""

import unicodedata
from collections.abc import Iterator
from itertools import accumulate, islice

import regex

MOST_TAGS = 50
MOST_MENTIONS = 50
LONGEST_TAG = 100
# No four code points become less than one when they are composed, so a longer one can only be too long. The
# bound is for normalize(), which sorts marks, and takes quadratic time on a long run of them.
LONGEST_TYPED_TAG = 4 * LONGEST_TAG

# Letters, marks, digits and connectors as in UAX #31, and the ZWNJ that Persian writes inside of words.
TAG_BODY = regex.compile(r"[\p{XID_Continue}\u200c]+")
# A variation selector before it belongs to an emoji, although it is an XID_Continue.
TAG = regex.compile(
    r"(?V1)(?<![[\p{XID_Continue}&/#＃﹟]--\p{Variation_Selector}])[#＃﹟]([\p{XID_Continue}\u200c]+)"
)
HASH = regex.compile(r"[#＃﹟]")
LETTER = regex.compile(r"\p{L}")
INVISIBLE = regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}--\u200c]+")

# With letters of these scripts a word goes on; those of scripts without spaces just stand beside a name.
MENTION = regex.compile(
    r"(?<![\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\u0300-\u036f_/@＠+%=&])"
    r"[@＠]([A-Za-z0-9_]{1,30})"
    r"(?![\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\p{M}_]|[@＠][\p{L}\p{Nd}_])"
)

URL = regex.compile(r"(?i)(?:https?://|(?<![\p{L}\p{Nd}_])www\.)[^\s<>\"“”«»、。「」『』（），！？；]*")
FENCE = regex.compile(r"(?m)^ {0,3}(`{3,})([^`\n]*)$")
# The runs of backticks, and the empty lines between paragraphs.
BACKTICKS = regex.compile(r"`+|\n[ \t\r]*(?=\n)")


def find_tags(text: str) -> list[str]:
    """The normal forms of the `#tags`, in the order in which they first appear, each once, at most MOST_TAGS.

    A tag is made of XID_Continue characters (UAX #31), has a letter, and has at most LONGEST_TAG characters
    in its normal form. The sign before it follows no word, `&`, `/` or other sign.
    """
    if not HASH.search(text):
        return []
    tags = (_normal_body(found[1]) for found in TAG.finditer(_prose(text)))
    return list(islice(dict.fromkeys(tag for tag in tags if tag), MOST_TAGS))


def find_mentions(text: str) -> list[str]:
    """The `@names` in lower case, in the order in which they first appear, each once, at most MOST_MENTIONS.

    Whether there is somebody of that name is for others to say. Addresses (`ana@host`, `@ana@host`) and parts
    of words, paths and queries are no mentions.
    """
    if "@" not in text and "＠" not in text:
        return []
    names = (found[1].lower() for found in MENTION.finditer(_prose(text)))
    return list(islice(dict.fromkeys(names), MOST_MENTIONS))


def normal_tag(typed: str) -> str:
    """The normal form of a tag that somebody typed into an address or a search, with its sign or without;
    "" if all of it, but for spaces around it, cannot be a tag.

    The normal form is NFKC and case-folded, without characters that nobody sees; the ZWNJ stays, inside. It
    is its own normal form, and `find_tags("#" + tag)` finds just it.
    """
    typed = typed.strip()
    body = typed[1:] if HASH.match(typed) else typed
    return _normal_body(body) if TAG_BODY.fullmatch(body) else ""


def _normal_body(body: str) -> str:
    """The normal form of what stands behind the sign; "" if it is too long, or has no letter."""
    if len(body) > LONGEST_TYPED_TAG:
        return ""
    body = INVISIBLE.sub("", body).strip("\u200c")
    folded = unicodedata.normalize("NFKC", body).casefold()
    # Folded once more: only a composed letter shows that it has a lower case.
    tag: str = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return tag if len(tag) <= LONGEST_TAG and LETTER.search(tag) else ""


def _prose(text: str) -> str:
    """`text` with a space for each stretch of code and each URL."""
    if "`" in text:
        text = "\n".join(" ".join(_outside_spans(part)) for part in _outside_fences(text))
    prose: str = URL.sub(" ", text)
    return prose


def _outside_fences(text: str) -> Iterator[str]:
    """The stretches around fenced code. A fence is closed by a line of at least as many backticks alone."""
    lines = list(FENCE.finditer(text))
    closing = [0 if line[2].strip() else len(line[1]) for line in lines]
    # The longest line from each one on: with it, no opening fence looks for an end that is not there.
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
    """The stretches around code spans. A run of backticks is closed by the next run just as long."""
    runs = list(BACKTICKS.finditer(text))
    start = 0
    for run, closing in zip(runs, _closing_runs(runs), strict=True):
        if run.start() >= start and closing:
            yield text[start : run.start()]
            start = closing.end()
    yield text[start:]


def _closing_runs(runs: list["regex.Match[str]"]) -> list["regex.Match[str] | None"]:
    """For each run the next of its length in the same paragraph."""
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
