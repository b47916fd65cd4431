"""What counts as a tag and as a mention, in one table, and what every text keeps to."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamps.text.entities import LONGEST_TAG, MOST_MENTIONS, MOST_TAGS, find_mentions, find_tags, normal_tag

pytestmark = pytest.mark.once

quick = settings(max_examples=300, deadline=None, database=None)
# Texts that are full of what tags and mentions are made of.
dense = st.text(st.sampled_from("##@@``\n ~aA1é_-/.&+x日かน्\u0301\u200c\ufe0f＃＠❤")) | st.text()

# Text, its tags, its mentions.
FOUND = [
    ("", [], []),
    ("nothing to see", [], []),
    # Scripts
    ("#São_Paulo", ["são_paulo"], []),
    ("#STRASSE #Straße", ["strasse"], []),
    ("#日本 #東京タワー", ["日本", "東京タワー"], []),
    ("今日は#日本、楽しい", [], []),
    ("今日は、#日本、楽しい", ["日本"], []),
    ("#हिन्दी में", ["हिन्दी"], []),
    ("#ภาษาไทย ดี", ["ภาษาไทย"], []),
    ("#한국어 좋아요", ["한국어"], []),
    ("#مرحبا بالعالم", ["مرحبا"], []),
    ("#می\u200cخواهم!", ["می\u200cخواهم"], []),
    ("#می\u200c", ["می"], []),
    ("#שלום, עולם", ["שלום"], []),
    ("#Привет #ΚΌΣΜΟΣ", ["привет", "κόσμοσ"], []),
    # The sign
    ("＃ＴＡＧ ﹟tag2", ["tag", "tag2"], []),
    ("C# F#", [], []),
    ("a#b", [], []),
    ("##x", [], []),
    ("#＃x", [], []),
    ("# x", [], []),
    ("#", [], []),
    ("&#39; &#x27;", [], []),
    ("docs/#intro", [], []),
    ("(#a) [#b] \"#c\" '#d' …#e", ["a", "b", "c", "d", "e"], []),
    ("#one#two", ["one"], []),
    # What belongs to it
    ("#a-b", ["a"], []),
    ("#bread. #butter, #salt! #ok? #end", ["bread", "butter", "salt", "ok", "end"], []),
    ("it's #bread's day", ["bread"], []),
    ("#1 #2026 #_ #1_2", [], []),
    ("#2026年 #1a #_a", ["2026年", "1a", "_a"], []),
    ("#²x #½", [], []),
    ("#" + "a" * 100, ["a" * 100], []),
    ("#" + "a" * 101, [], []),
    ("#" + "e\u0301" * 100, ["é" * 100], []),
    ("#" + "ß" * 51, [], []),
    # The same tag, once
    ("#b #a #B #Ａ", ["b", "a"], []),
    ("#caf\u00e9 #cafe\u0301 #CAFE\u0301", ["café"], []),
    ("#葛\U000e0100城 #葛城", ["葛城"], []),
    ("#a\u3164b #\u3164", ["ab"], []),
    # Emoji
    ("❤️#love 🎉#party🎉 🇧🇷#br", ["love", "party", "br"], []),
    ("#❤️ #️⃣ #️⃣1 1️⃣", [], []),
    ("👩‍🍳#bread @ana👍", ["bread"], ["ana"]),
    # Mentions
    ("@Ana. @bia_2, (@caio) .@d", [], ["ana", "bia_2", "caio", "d"]),
    ("＠Ana @ANA", [], ["ana"]),
    ("@ana's", [], ["ana"]),
    ("@a-b", [], ["a"]),
    ("@" + "n" * 30, [], ["n" * 30]),
    ("@" + "n" * 31, [], []),
    ("@ @@ana @_", [], ["_"]),
    ("こんにちは@ana さん", [], ["ana"]),
    ("@anaさん 你好@bia你好", [], ["ana", "bia"]),
    ("สวัสดี@ana", [], ["ana"]),
    ("@anaé @anae\u0301 @anaж @anaω", [], []),
    ("é@ana e\u0301@ana ж@ana ω@ana 1@ana _@ana", [], []),
    ("ana@example.org ana+@x %@x a=@x &@x /@x /users/@x", [], []),
    ("@ana@elsewhere.example @bia @ana＠elsewhere", [], ["bia"]),
    ("@ana @bia@", [], ["ana", "bia"]),
    ("@ana#tag #tag@ana", ["tag"], ["ana"]),
    # Code
    ("`#a @a` #b @b", ["b"], ["b"]),
    ("``#a ` @a`` #b", ["b"], []),
    ("` `` #a ` #b", ["b"], []),
    ("`#a", ["a"], []),
    ("``#a` @b", ["a"], ["b"]),
    ("5` #a 6` #b", ["b"], []),
    ("`#a\n#b` #c", ["c"], []),
    ("it`s #a\n\nit`s #b", ["a", "b"], []),
    ("it`s #a\r\n \r\nit`s #b", ["a", "b"], []),
    ("`x`#a `x`@b", ["a"], ["b"]),
    (r"\`#a\` #b", ["b"], []),
    ("```\n#a @a\n```\n#b", ["b"], []),
    ("#x\n```c\n#include\n\n`\n```\n#b", ["x", "b"], []),
    ("````\n```\n#a\n````\n#b", ["b"], []),
    ("```\n#a\n````  \n#b\n```\n#c", ["b", "c"], []),
    ("```\n#a\n``` c\n#b\n   ```\n#c", ["c"], []),
    ("```\n#a @b", ["a"], ["b"]),
    ("```py\n#a\n```py\n#b", ["b"], []),
    ("```py\n#a\n\n```py\n#b", ["a", "b"], []),
    # URLs
    ("http://x/#y https://x.example/?q=#z&@w www.x.example#y", [], []),
    ("HTTPS://x.example/@ana #tag", ["tag"], []),
    ("(https://x.example) #tag @ana", ["tag"], ["ana"]),
    ("https://x.example\n#tag", ["tag"], []),
    ("見て https://x.example、#日本", ["日本"], []),
    ("x.example/#y x.example/@ana", [], []),
    ("awww.#cute", ["cute"], []),
]


@pytest.mark.parametrize(("text", "tags", "mentions"), FOUND)
def test_tags_and_mentions_of_a_text(text: str, tags: list[str], mentions: list[str]) -> None:
    assert find_tags(text) == tags
    assert find_mentions(text) == mentions


def test_only_so_many_of_a_text_count() -> None:
    text = " ".join(f"#tag{number} @name{number}" for number in range(60))

    assert find_tags(text) == [f"tag{number}" for number in range(MOST_TAGS)]
    assert find_mentions(text) == [f"name{number}" for number in range(MOST_MENTIONS)]


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("São_Paulo", "são_paulo"),
        ("#São_Paulo", "são_paulo"),
        ("＃ＴＡＧ", "tag"),
        (" #x ", "x"),
        ("日本", "日本"),
        ("a" * 100, "a" * 100),
        ("a" * 101, ""),
        ("", ""),
        ("#", ""),
        ("##x", ""),
        ("1", ""),
        ("a-b", ""),
        ("a b", ""),
        ("a\0", ""),
        ("a\ud800", ""),
    ],
)
def test_a_typed_tag_comes_to_its_normal_form(typed: str, tag: str) -> None:
    assert normal_tag(typed) == tag


@quick
@given(text=dense)
def test_what_is_found_is_in_its_normal_form(text: str) -> None:
    for tag in find_tags(text):
        assert tag == normal_tag(tag) == unicodedata.normalize("NFC", tag)
        assert find_tags(f"#{tag}") == [tag]
        assert len(tag) <= LONGEST_TAG


@quick
@given(typed=dense)
def test_a_typed_tag_is_one_that_a_text_can_have(typed: str) -> None:
    tag = normal_tag(typed)

    assert find_tags(f"#{tag}") == ([tag] if tag else [])


@quick
@given(text=dense)
def test_code_holds_nothing(text: str) -> None:
    inside = text.replace("`", "").replace("\n", " ")

    assert find_tags(f"`{inside}`") == find_mentions(f"`{inside}`") == []


@pytest.mark.security(16)
@pytest.mark.parametrize(
    "part",
    [
        "`",
        "` ",
        "```x\n",
        "```\n",
        "#",
        "#a",
        "@",
        "@a",
        "a@",
        "http://",
        "www.",
        "\n",
        "\n ",
        "#\u200c",
        "#\u0301",
    ],
)
def test_long_hostile_texts_take_no_time_to_speak_of(part: str) -> None:
    text = part * (100_000 // len(part)) + "`#`"

    assert len(find_tags(text) + find_mentions(text)) <= 2
    assert normal_tag(text) == ""


def test_backticks_and_long_runs_of_marks_take_linear_time() -> None:
    runs = [f"{'`' * length}\n" for length in range(440, 2, -1)]

    assert find_tags("".join(runs) + "#a") == ["a"]
    assert find_tags("".join(reversed(runs)) + "#a") == ["a"]
    assert find_tags("#a" + "\u0301\u0316" * 50_000 + " #b") == ["b"]
