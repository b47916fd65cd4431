"""What search takes for words, the same on every database: pure, and linear in the length of the text.

Words are runs of letters, marks, digits and `_`. What joins two of these disappears: an apostrophe, the
gershayim of Hebrew, and what nobody sees, such as soft hyphens (UAX #29, WB4 and WB6 to WB7c). The ZWNJ of
Persian parts words, as the space would that others write there. Scripts that are written without spaces, or
with particles glued to the words, give overlapping pairs of characters instead: so any part of a run is
found, and nobody has to know its words.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

LONGEST_WORD = 100
# Four code points fold to one at least, unless they are dropped.
LONGEST_TYPED_WORD = 4 * LONGEST_WORD
# Words up to this length are folded once and remembered: some 4 MB, and most of what people write.
LONGEST_KNOWN = 32
KNOWN = 10_000

PLAIN_WORD = re.compile(r"([a-z0-9_]{1,100})[a-z0-9_]*")
PLAIN_PLACE = re.compile(r"[a-z0-9_](?:[a-z0-9_]|'(?=[a-z0-9_]))*")
PLAIN_APOSTROPHE = re.compile(r"(?<=[a-z0-9_])'(?=[a-z0-9_])")

# What begins a word: letters, digits and what stands for digits, such as ².
BEGINNING = r"\p{L}\p{Nd}\p{Nl}\p{nt=Di}_＿"
# What joins two of them, seen and unseen.
APOSTROPHES = r"'’＇׳״"
JOINERS = r"\u00ad\u200d\u2060"
# A letter of scripts in pairs: of Japanese also what only it uses (scx), such as the sign for long vowels.
PAIRED_LETTER = (
    r"[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Hang}\p{Thai}\p{Laoo}\p{Khmr}\p{Mymr}]&&[\p{L}\p{Nl}]]"
)
PAIRED = regex.compile(r"(?V1)" + PAIRED_LETTER)

# Whatever words and pairs can be made of, at first sight.
RUN = regex.compile(r"[" + BEGINNING + r"\p{M}\u200b\u200c" + APOSTROPHES + JOINERS + r"]+")
HEBREW_QUOTE = regex.compile(r'(?<=\p{Hebrew})"(?=\p{Hebrew})')
# What a run falls into: stretches in pairs, which do not end at an invisible space, or else single words.
PIECE = regex.compile(
    r"(?V1)(" + PAIRED_LETTER + r"[" + PAIRED_LETTER + r"\p{M}\u200b\u200c" + JOINERS + r"]*)"
    r"|[" + BEGINNING + r"](?:[[" + BEGINNING + r"\p{M}]--" + PAIRED_LETTER + r"]"
    r"|(?:[" + APOSTROPHES + JOINERS + r"]|(?<!\p{Arabic})\u200c)(?=[" + BEGINNING + r"]))*"
)
# Each of these is one character (UAX #29) and its own folded form.
PLAIN_PAIRS = re.compile(r"[々ぁ-ゖァ-ヺー一-\u9fff가-힣]+")
CLUSTER = regex.compile(r"\X")

# Accents on letters of Latin, Greek and Cyrillic; Arabic vowels and tatweel; Hebrew vowels and accents.
POINTS = regex.compile(
    r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}])[\p{M}\u0640]+"
    r"|[\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+"
)
# normalize() takes quadratic time on a run of marks. No language puts that many on a letter (UAX #15).
MOST_MARKS = 30
MANY_MARKS = regex.compile(r"(\p{M}{30})\p{M}+")
# What Unicode does not take apart, as people type it who lack the key.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe"}
)
# Also apostrophes that count as letters, as in Hawaiʻi, the frames of digits in emoji, and what nobody sees.
NO_PART = regex.compile(r"(?V1)[^\p{L}\p{M}\p{N}_]|[\p{Me}\u02b9-\u02bf\p{Default_Ignorable_Code_Point}]")


class Word(NamedTuple):
    """A word as search knows it, and where it stands in the text, in code points."""

    text: str
    start: int
    end: int


# Makes a Word in half the time, and most of the time of splitting a text is for making them.
_word = tuple.__new__


def with_gershayim(text: str) -> str:
    """`text` with the proper sign where a quotation mark stands for it in a Hebrew word, as in צה"ל."""
    quoted: str = HEBREW_QUOTE.sub("״", text) if '"' in text else text
    return quoted


def fold(text: str) -> str:
    """`text` in NFKC and case-folded, without what people leave out where they search.

    That is accents on letters of Latin, Greek and Cyrillic (o for ø, ae for æ), vowel points of Arabic and
    Hebrew, and the tatweel. Marks that make another letter stay: vowel signs of Devanagari, the dakuten of
    Japanese. The result is in NFC, and folds to itself.
    """
    if text.isascii():
        return text.lower()
    if len(text) > MOST_MARKS:
        text = MANY_MARKS.sub(r"\1", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = POINTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text.translate(PLAIN_LETTERS))


def split_words(text: str) -> list[Word]:
    """The words of `text` in order, folded: letters, marks, digits and `_`, at most LONGEST_WORD of them.

    Pairs overlap, and the last character of a stretch in pairs follows alone: 面包店 is 面包, 包店, 店.
    A word that is cut still has the place of the whole.
    """
    if text.isascii():
        return _plain_split(text.lower())
    words = []
    for run in RUN.finditer(with_gershayim(text)):
        offset = run.start()
        words += [_word(Word, (word, offset + start, offset + end)) for word, start, end in _words_of(run[0])]
    return words


def _plain_split(text: str) -> list[Word]:
    """The words of lower-case ASCII."""
    if "'" not in text:
        return [_word(Word, (found[1], *found.span())) for found in PLAIN_WORD.finditer(text)]
    return [
        _word(Word, (found[0].replace("'", "")[:LONGEST_WORD], *found.span()))
        for found in PLAIN_PLACE.finditer(text)
    ]


def plain_words(text: str) -> list[str]:
    """What `split_words()` finds, without the places, and faster."""
    if text.isascii():
        text = text.lower()
        return PLAIN_WORD.findall(PLAIN_APOSTROPHE.sub("", text) if "'" in text else text)
    return [word for run in RUN.findall(with_gershayim(text)) for word, _, _ in _words_of(run)]


def is_paired(text: str) -> bool:
    """Whether `text` begins with a letter of a script whose words are pairs of characters."""
    return PAIRED.match(text) is not None


def _words_of(run: str) -> tuple[tuple[str, int, int], ...]:
    """The words of a run, each with its start and end in it; those of short runs are remembered."""
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
    """The folded form of a word, "" if nothing of it can be seen."""
    folded = fold(typed[:LONGEST_TYPED_WORD])
    word: str = NO_PART.sub("", folded)
    # What stood apart may compose now.
    return (word if word == folded else unicodedata.normalize("NFC", word))[:LONGEST_WORD]


_known_character = lru_cache(maxsize=KNOWN)(_folded_word)


def _pairs(stretch: str, offset: int) -> list[tuple[str, int, int]]:
    """The overlapping pairs of characters of a stretch that starts at `offset`, and the last one alone."""
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
