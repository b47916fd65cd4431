"""Search, on random texts and random questions, against a naive look through all of them."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.queries.test_lists import undone, walk
from tests.support.factories import make_post, make_user

# What people write, and how it is folded.
PLAIN = {
    "bread": "bread",
    "Breads,": "breads",
    "brot": "brot",
    "Bröt": "brot",
    "são": "sao",
    "SAO!": "sao",
    "хлеб": "хлеб",
    "Хлебы": "хлебы",
    "שלום": "שלום",
    "خُبز": "خبز",
    "خبز": "خبز",
    "रोटी": "रोटी",
    "naïve_1": "naive_1",
    "don’t": "dont",
}
# Scripts whose words are pairs of characters: any part of a run is found.
PAIRED = ("面", "包", "店", "面包", "包店", "面包店", "店面", "パン", "パンパン", "빵", "빵을", "ขนม")
TAGS = {"#bread": "bread", "#Bröt": "bröt", "#面包": "面包", "#são": "são"}
AUTHORS = ("ana", "bia", "cleo")

plain, paired = st.sampled_from(list(PLAIN)), st.sampled_from(PAIRED)
tokens = st.lists(plain | paired | st.sampled_from(list(TAGS)), min_size=1, max_size=6)


def run_of(token: str) -> tuple[str, bool]:
    """A token folded, and whether it is one of pairs."""
    body = token.removeprefix("#")
    return (body, True) if body in PAIRED else (PLAIN.get(body, body), False)


@dataclass(frozen=True)
class Text:
    """What somebody wrote."""

    author: str
    tokens: tuple[str, ...]

    def has_phrase(self, wanted: list[str], *, prefix: bool) -> bool:
        runs, parts = [run_of(token) for token in self.tokens], [run_of(token) for token in wanted]
        return any(
            all(
                _fits(runs[start + place], part, place == 0, place == len(parts) - 1, prefix=prefix)
                for place, part in enumerate(parts)
            )
            for start in range(len(runs) - len(parts) + 1)
        )

    def has_tag(self, tag: str) -> bool:
        return tag in {TAGS[token] for token in self.tokens if token in TAGS}


def _fits(
    run: tuple[str, bool], part: tuple[str, bool], is_first: bool, is_last: bool, *, prefix: bool
) -> bool:
    (text, is_paired), (wanted, wants_pairs) = run, part
    if is_paired is not wants_pairs:
        return False
    if not is_paired:
        return text.startswith(wanted) if is_last and prefix else text == wanted
    if is_first and is_last:
        return wanted in text
    if is_first:
        return text.endswith(wanted)
    return text.startswith(wanted) if is_last else text == wanted


@dataclass(frozen=True)
class Item:
    """One part of a question: how it is typed, and whom it fits."""

    kind: str
    words: tuple[str, ...]
    unwanted: bool

    @property
    def typed(self) -> str:
        (first, *_), joined = self.words, " ".join(self.words)
        bodies = {
            "word": first,
            "prefix": first + "*",
            "phrase": f'"{joined}"',
            "open phrase": f'"{joined}*"',
            "author": f"from:{first}",
            "tag": f"tag:{first.removeprefix('#')}",
            "hash": first,
        }
        return "-" * self.unwanted + bodies[self.kind]

    def passes(self, text: Text) -> bool:
        return self.fits(text) is not self.unwanted

    def fits(self, text: Text) -> bool:
        if self.kind == "author":
            return text.author == self.words[0]
        if self.kind in ("tag", "hash"):
            return text.has_tag(TAGS[self.words[0]])
        return text.has_phrase(list(self.words), prefix=self.kind in ("prefix", "open phrase"))


def _items(kind: str, words: st.SearchStrategy[str], most: int = 1) -> st.SearchStrategy[Item]:
    several = st.lists(words, min_size=1, max_size=most).map(tuple)
    return st.builds(Item, st.just(kind), several, st.integers(0, 3).map(lambda dice: dice == 0))


# Signs after a word would part it from its star.
bare = st.sampled_from([word for word in PLAIN if not word.endswith((",", "!"))])
items = st.one_of(
    _items("word", plain | paired),
    _items("prefix", bare),
    _items("phrase", plain | paired, 3),
    _items("open phrase", bare, 2),
    _items("author", st.sampled_from(AUTHORS)),
    _items("tag", st.sampled_from(list(TAGS))),
    _items("hash", st.sampled_from(list(TAGS))),
)
texts = st.builds(Text, st.sampled_from(AUTHORS), tokens.map(tuple))


@hypothesis_settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    written=st.lists(texts, min_size=1, max_size=10),
    questions=st.lists(st.lists(items, min_size=1, max_size=4), min_size=8, max_size=8),
    limit=st.integers(1, 4),
)
def test_what_is_found_is_what_a_naive_look_finds(
    connection: Connection,
    client: TestClient,
    written: list[Text],
    questions: list[list[Item]],
    limit: int,
) -> None:
    with undone(connection) as session:
        people = {name: make_user(session, name) for name in AUTHORS}
        ids = {make_post(session, people[text.author], " ".join(text.tokens)).id: text for text in written}
        for question in questions:
            typed = " ".join(item.typed for item in question)
            rows = walk(client, f"/search/?sort=date&q={quote(typed)}", limit)

            expected = [id_ for id_, text in ids.items() if all(item.passes(text) for item in question)]
            assert [row["id"] for row in rows or []] == expected, typed
