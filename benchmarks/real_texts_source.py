"""Real short texts in six languages and three scripts, from the fortune files of Debian."""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_LENGTH = 500  # accepted by the API, not counting surrounding whitespace

SEPARATOR = re.compile(r"^%[ \t\r]*(?:\n|\Z)", re.MULTILINE)
# Colours, and overstruck letters.
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m|[^\n]\x08")

# Scripts by the first word of the Unicode names of their letters.
SCRIPTS = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "CJK": "Chinese"}
OTHER = "other"


@dataclass(frozen=True)
class Language:
    """A language, the Debian package with its texts, and the files or folders that it installs."""

    name: str
    package: str
    sources: tuple[str, ...]


LANGUAGES = (
    Language("English", "fortunes", ("computers", "cookie", "definitions", "people", "science", "wisdom")),
    Language("Portuguese", "fortunes-br", ("brasil",)),
    Language("Polish", "fortunes-pl", ("pl",)),
    Language("Russian", "fortunes-ru", ("ru",)),
    Language("Bulgarian", "fortunes-bg", ("bg",)),
    Language("Chinese", "fortunes-zh", ("chinese", "song100", "tang300")),
)


class MissingTexts(Exception):
    """The texts are not installed; the message says what to install."""


@dataclass
class Collection:
    """The usable texts of a language, and the number of skipped ones by reason."""

    language: Language
    texts: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def scripts(self) -> Counter[str]:
        """The number of texts by script."""
        return Counter(script_of(text) for text in self.texts)


def choose_texts(folder: Path, number: int, seed: int) -> list[Collection]:
    """About `number` texts in random order, the same number of each language if there are enough.

    Raises MissingTexts if a package is not installed.
    """
    collections = [read_language(folder, language) for language in LANGUAGES]
    dice = random.Random(seed)
    smallest_first = sorted(collections, key=lambda collection: len(collection.texts))
    for position, collection in enumerate(smallest_first):
        # The larger languages after it make up for a small one.
        share = min(len(collection.texts), number // (len(collections) - position))
        collection.texts = dice.sample(collection.texts, share)
        number -= share
    return collections


def read_language(folder: Path, language: Language) -> Collection:
    """All usable texts of one language, without terminal control codes.

    Whitespace around texts and line endings are kept. Raises MissingTexts if the package is not installed.
    """
    collection = Collection(language)
    for source in language.sources:
        for file in text_files(folder / source):
            for raw in SEPARATOR.split(file.read_bytes().decode("utf-8", errors="replace")):
                add_text(collection, TERMINAL_CODES.sub("", raw.removesuffix("\n")))
    return collection


def text_files(source: Path) -> Iterator[Path]:
    """The file, or the files of the folder, without indexes (`.dat`) and aliases (`.u8`)."""
    if not source.exists():
        raise MissingTexts(f"{source} is missing. On Debian: apt-get install {packages()}")
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    return (file for file in files if file.suffix not in (".dat", ".u8"))


def packages() -> str:
    """The Debian packages with the texts."""
    return " ".join(language.package for language in LANGUAGES)


def add_text(collection: Collection, text: str) -> None:
    """Keep a text that the API accepts, or count the reason for skipping it."""
    if reason := refusal(text):
        collection.skipped[reason] += 1
    else:
        collection.texts.append(text)


def refusal(text: str) -> str | None:
    """Why a text cannot be posted; None if it can."""
    if not text.strip():
        return "blank"
    if len(text.strip()) > MAX_LENGTH:
        return f"over {MAX_LENGTH} characters"
    if "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
        return "not UTF-8 text"
    return None


def script_of(text: str) -> str:
    """The script of most letters of a text."""
    letters = (unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha())
    common = Counter(letters).most_common(1)
    return SCRIPTS.get(common[0][0], OTHER) if common else OTHER
