"""The texts of posts: of varied length, in their author's language, some with tags and mentions."""

from collections.abc import Iterable, Sequence
from random import Random

from pamps.demo.words import EMOJI, LANGUAGES, SYLLABLES, TAGS

MOST_SENTENCES = 6
MOST_TAGS = 3
PLACES = len(SYLLABLES) ** 3


class Writer:
    """Writes a sequence of texts that is determined by the random generator."""

    def __init__(self, dice: Random, longest: int) -> None:
        self._random = dice.random
        self._longest = longest

    def write(self, person: int, addressed: str | None = None) -> str:
        """A post by `person`, optionally starting with a mention: 1 to `longest` characters, never blank."""
        random = self._random
        language = LANGUAGES[person % len(LANGUAGES)]
        words = [f"@{addressed}"] if addressed else []
        words += self._some(language.sentences, 1 + int(MOST_SENTENCES * random() * random()))
        if random() < 0.1:
            words.append(language.arrival.format(self._place()))
        if random() < 0.1:
            words.append(EMOJI[int(len(EMOJI) * random())])
        if random() < 0.25:
            words += self._some(TAGS, 1 + int(MOST_TAGS * random() * random()))
        return ("\n" if random() < 0.05 else " ").join(words)[: self._longest]

    def _some(self, choices: Sequence[str], most: int) -> Iterable[str]:
        """Up to `most` distinct choices, biased towards the first ones."""
        random, count = self._random, len(choices)
        return dict.fromkeys(choices[int(count * random() * random())] for _ in range(most))

    def _place(self) -> str:
        """A place name; how often each occurs is very uneven."""
        number = int(PLACES * self._random() ** 4)
        rest, first = divmod(number, len(SYLLABLES))
        last, middle = divmod(rest, len(SYLLABLES))
        return f"{SYLLABLES[first]}{SYLLABLES[middle]}{SYLLABLES[last]}".capitalize()
