"""The tokenizer of search, identical on all databases: pure functions, linear in the length of the text.

Tokens are runs of letters, marks, digits and `_`. Characters that join two of these are dropped: apostrophes,
the Hebrew gershayim, and invisible ones such as soft hyphens (UAX #29, WB4 and WB6 to WB7c). The Persian ZWNJ
separates tokens, like the space that others write in its place. Scripts written without spaces, or with
particles attached to words, yield overlapping pairs of characters instead (bigrams): so any part of a run can
be found without a dictionary.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

LONGEST_WORD = 100
# Four code points normalise to at least one, unless they are dropped.
LONGEST_TYPED_WORD = 4 * LONGEST_WORD
# Tokens of runs up to this length are cached: about 4 MB, and most of ordinary text.
LONGEST_KNOWN = 32
KNOWN = 10_000

PLAIN_WORD = re.compile(r"([a-z0-9_]{1,100})[a-z0-9_]*")
PLAIN_PLACE = re.compile(r"[a-z0-9_](?:[a-z0-9_]|'(?=[a-z0-9_]))*")
PLAIN_APOSTROPHE = re.compile(r"(?<=[a-z0-9_])'(?=[a-z0-9_])")

# What a token can start with: letters, digits and characters used as digits, such as ².
BEGINNING = r"\p{L}\p{Nd}\p{Nl}\p{nt=Di}_＿"
# What joins two of them, visible and invisible.
APOSTROPHES = r"'’＇׳״"
JOINERS = r"\u00ad\u200d\u2060"
# A letter of a script split into pairs, including shared Japanese characters (scx) such as the long vowel
# mark.
PAIRED_LETTER = (
    r"[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Hang}\p{Thai}\p{Laoo}\p{Khmr}\p{Mymr}]&&[\p{L}\p{Nl}]]"
)
PAIRED = regex.compile(r"(?V1)" + PAIRED_LETTER)

# A coarse match of everything that tokens and pairs can consist of.
RUN = regex.compile(r"[" + BEGINNING + r"\p{M}\u200b\u200c" + APOSTROPHES + JOINERS + r"]+")
HEBREW_QUOTE = regex.compile(r'(?<=\p{Hebrew})"(?=\p{Hebrew})')
# The parts of a run: sequences to split into pairs, which continue across zero-width spaces, or single
# tokens.
PIECE = regex.compile(
    r"(?V1)(" + PAIRED_LETTER + r"[" + PAIRED_LETTER + r"\p{M}\u200b\u200c" + JOINERS + r"]*)"
    r"|[" + BEGINNING + r"](?:[[" + BEGINNING + r"\p{M}]--" + PAIRED_LETTER + r"]"
    r"|(?:[" + APOSTROPHES + JOINERS + r"]|(?<!\p{Arabic})\u200c)(?=[" + BEGINNING + r"]))*"
)
# Each of these is one grapheme cluster (UAX #29) and its own normalised form.
PLAIN_PAIRS = re.compile(r"[々ぁ-ゖァ-ヺー一-\u9fff가-힣]+")
CLUSTER = regex.compile(r"\X")

# Accents on Latin, Greek and Cyrillic letters; Arabic vowels and tatweel; Hebrew vowels and accents.
POINTS = regex.compile(
    r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}])[\p{M}\u0640]+"
    r"|[\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+"
)
# normalize() takes quadratic time on a run of marks. No language needs more on one letter (UAX #15).
MOST_MARKS = 30
MANY_MARKS = regex.compile(r"(\p{M}{30})\p{M}+")
# Letters that Unicode does not decompose, as typed without the right keyboard.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe"}
)
# Including apostrophes that are letters, as in Hawaiʻi, keycap marks of emoji, and invisible characters.
NO_PART = regex.compile(r"(?V1)[^\p{L}\p{M}\p{N}_]|[\p{Me}\u02b9-\u02bf\p{Default_Ignorable_Code_Point}]")


class Word(NamedTuple):
    """A normalised token and its position in the text, in code points."""

    text: str
    start: int
    end: int


# Creates a Word in half the time, and creating them takes most of the time of splitting a text.
_word = tuple.__new__


def with_gershayim(text: str) -> str:
    """Replace quotation marks that stand for gershayim inside Hebrew words, as in צה"ל."""
    quoted: str = HEBREW_QUOTE.sub("״", text) if '"' in text else text
    return quoted


def fold(text: str) -> str:
    """Normalise `text` for search: NFKC and case-folded, without marks that people omit in searches.

    These are accents on Latin, Greek and Cyrillic letters (o for ø, ae for æ), Arabic and Hebrew vowel
    points, and the tatweel. Marks that form a different letter are kept: Devanagari vowel signs, the Japanese
    dakuten. The result is in NFC. Idempotent.
    """
    if text.isascii():
        return text.lower()
    if len(text) > MOST_MARKS:
        text = MANY_MARKS.sub(r"\1", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = POINTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text.translate(PLAIN_LETTERS))


def split_words(text: str) -> list[Word]:
    """The normalised tokens of `text` in order: letters, marks, digits and `_`, at most LONGEST_WORD
    characters.

    Pairs overlap, and the last character of a run of pairs follows on its own: 面包店 gives 面包, 包店, 店.
    A truncated token keeps the position of the whole.
    """
    if text.isascii():
        return _plain_split(text.lower())
    words = []
    for run in RUN.finditer(with_gershayim(text)):
        offset = run.start()
        words += [_word(Word, (word, offset + start, offset + end)) for word, start, end in _words_of(run[0])]
    return words


def _plain_split(text: str) -> list[Word]:
    """The tokens of lower-case ASCII text."""
    if "'" not in text:
        return [_word(Word, (found[1], *found.span())) for found in PLAIN_WORD.finditer(text)]
    return [
        _word(Word, (found[0].replace("'", "")[:LONGEST_WORD], *found.span()))
        for found in PLAIN_PLACE.finditer(text)
    ]


def plain_words(text: str) -> list[str]:
    """The tokens of `split_words()` without their positions, faster."""
    if text.isascii():
        text = text.lower()
        return PLAIN_WORD.findall(PLAIN_APOSTROPHE.sub("", text) if "'" in text else text)
    return [word for run in RUN.findall(with_gershayim(text)) for word, _, _ in _words_of(run)]


def is_paired(text: str) -> bool:
    """Whether `text` starts with a letter of a script that is split into pairs."""
    return PAIRED.match(text) is not None


def _words_of(run: str) -> tuple[tuple[str, int, int], ...]:
    """The tokens of a run, each with its start and end in it; cached for short runs."""
    return _known_words(run) if len(run) <= LONGEST_KNOWN else _split_run(run)


def _split_run(run: str) -> tuple[tuple[str, int, int], ...]:
    if run.isascii():
        return tuple(_plain_split(run.lower()))
    words: list[tuple[str, int, int]] = []
    for piece in PIECE.finditer(run):
        if piece[1]:
            words += _pairs(piece[1], piece.start())
        elif word := _folded_word(piece[0]):
            words.append((word, *piece.span()))
    return tuple(words)


_known_words = lru_cache(maxsize=KNOWN)(_split_run)


def _folded_word(typed: str) -> str:
    """The normalised form of a token; "" if nothing of it is visible."""
    folded = fold(typed[:LONGEST_TYPED_WORD])
    word: str = NO_PART.sub("", folded)
    # Removing characters may have made others composable.
    return (word if word == folded else unicodedata.normalize("NFC", word))[:LONGEST_WORD]


_known_character = lru_cache(maxsize=KNOWN)(_folded_word)


def _pairs(stretch: str, offset: int) -> list[tuple[str, int, int]]:
    """The overlapping pairs of characters of a sequence that starts at `offset`, then the last character."""
    if PLAIN_PAIRS.fullmatch(stretch):
        last = offset + len(stretch)
        pairs = [(stretch[i : i + 2], offset + i, offset + i + 2) for i in range(len(stretch) - 1)]
        return [*pairs, (stretch[-1], last - 1, last)]
    found = (
        (_known_character(cluster[0][:LONGEST_KNOWN]), offset + cluster.start(), offset + cluster.end())
        for cluster in CLUSTER.finditer(stretch)
    )
    characters = [character for character in found if character[0]]
    pairs = [
        ((one + two)[:LONGEST_WORD], start, end) for (one, start, _), (two, _, end) in pairwise(characters)
    ]
    return pairs + characters[-1:]
