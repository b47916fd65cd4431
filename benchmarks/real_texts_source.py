"""Real short texts in six languages and three scripts, from the fortune files that Debian ships."""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_LENGTH = 500  # what the API takes, not counting blanks around a text

SEPARATOR = re.compile(r"^%[ \t\r]*(?:\n|\Z)", re.MULTILINE)
# Colours, and a letter printed over another one.
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m|[^\n]\x08")

# Alphabets by the first word of the Unicode names of their letters.
SCRIPTS = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "CJK": "Chinese"}
OTHER = "other"


@dataclass(frozen=True)
class Language:
    """A language, the Debian package with its texts, and the files or folders that this installs."""

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
    """There is nothing to read; the message says what to install."""


@dataclass
class Collection:
    """The usable texts of a language, and how many others were skipped for which reason."""

    language: Language
    texts: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def scripts(self) -> Counter[str]:
        """How many texts are in which script."""
        return Counter(script_of(text) for text in self.texts)


def choose_texts(folder: Path, number: int, seed: int) -> list[Collection]:
    """About `number` texts in random order, as many of each language as of the others where there are enough.

    Raises MissingTexts.
    """
    collections = [read_language(folder, language) for language in LANGUAGES]
    dice = random.Random(seed)
    smallest_first = sorted(collections, key=lambda collection: len(collection.texts))
    for position, collection in enumerate(smallest_first):
        # What a small language lacks, the larger ones after it make up for.
        share = min(len(collection.texts), number // (len(collections) - position))
        collection.texts = dice.sample(collection.texts, share)
        number -= share
    return collections


def read_language(folder: Path, language: Language) -> Collection:
    """Everything usable in one language, without the codes that only a terminal understands.

    Blanks around a text and the ends of its lines stay as they are. Raises MissingTexts.
    """
    collection = Collection(language)
    for source in language.sources:
        for file in text_files(folder / source):
            for raw in SEPARATOR.split(file.read_bytes().decode("utf-8", errors="replace")):
                add_text(collection, TERMINAL_CODES.sub("", raw.removesuffix("\n")))
    return collection


def text_files(source: Path) -> Iterator[Path]:
    """The file, or the files of the folder, without indexes (`.dat`) and second names (`.u8`)."""
    if not source.exists():
        raise MissingTexts(f"{source} is missing. On Debian: apt-get install {packages()}")
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    return (file for file in files if file.suffix not in (".dat", ".u8"))


def packages() -> str:
    """The Debian packages with the texts."""
    return " ".join(language.package for language in LANGUAGES)


def add_text(collection: Collection, text: str) -> None:
    """Keep a text that the API takes, or count why not."""
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
