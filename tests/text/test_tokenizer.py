"""What search takes for words, in many scripts."""

import unicodedata

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pamps.text.tokenizer import LONGEST_WORD, Word, fold, is_paired, plain_words, split_words

pytestmark = pytest.mark.once

quick = settings(max_examples=500, deadline=None, database=None)
# Letters of all kinds beside what joins, parts and marks them.
dense = st.text(
    st.sampled_from(
        " '’`\"_#@-*aBéßøİſﬁ½²①ＡЙΣ日かー店한ㅎㅏกีש\u05b8ا\u064eـहि"
        "\u0301\u0345\u3099\ufe0f\u200b\u200c\u200d\xad❤"
    )
)
texts = dense | st.text() | st.text(st.characters(max_codepoint=127))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Bread", "bread"),
        ("São Tomé, ÇÃO", "sao tome, cao"),
        ("cafe\u0301", "cafe"),
        ("Việt Nam", "viet nam"),
        ("Straße STRASSE", "strasse strasse"),
        ("Ærø œuvre Łódź Đà ħ ıI İ", "aero oeuvre lodz da h ii i"),
        ("Άνθρωπος ΆΝΘΡΩΠΟΣ", "ανθρωποσ ανθρωποσ"),
        ("ёлка Йод", "елка иод"),
        ("ＦＵＬＬ ﬁn ㎞ x²", "full fin km x2"),
        ("مُحَمَّد كتــاب", "محمد كتاب"),
        ("أحمد آب", "أحمد آب"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी क़लम", "हिन्दी क़लम"),
        ("が か\u3099 ﾊﾟ", "が が パ"),
        ("한국 \u1112\u1161\u11ab", "한국 한"),
        ("ที่", "ที่"),
    ],
)
def test_what_people_type_in_several_ways_folds_to_one(text: str, folded: str) -> None:
    assert fold(text) == unicodedata.normalize("NFC", folded)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" .,;!? … — ❤️ 👍🏽", []),
        ("Fresh bread, 3 loaves!", ["fresh", "bread", "3", "loaves"]),
        ("snake_case e-mail 3.14 x@y #tag", ["snake_case", "e", "mail", "3", "14", "x", "y", "tag"]),
        ("don't DON’T don＇t 'tis bread' it''s", ["dont", "dont", "dont", "tis", "bread", "it", "s"]),
        ("п'ять п’ять пʼять Hawaiʻi", ["пять", "пять", "пять", "hawaii"]),
        ('צה"ל צה״ל "שלום" ג׳ירפה', ["צהל", "צהל", "שלום", "גירפה"]),
        ("soft\xadhyphen a\u2060b é\xad", ["softhyphen", "ab", "e"]),
        ("می\u200cخواهم", ["می", "خواهم"]),
        ("क्\u200dष र\u200cक", ["क्ष", "रक"]),
        ("m² H₂O ½ ① 1️⃣", ["m2", "h2o", "1", "1"]),
        ("ＡＢＣ＿Ｄ", ["abc_d"]),
        ("a\0b \ud800c", ["a", "b", "c"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ㅤ \u0301 ـ", []),
        ("面包店", ["面包", "包店", "店"]),
        ("店", ["店"]),
        ("パンを、食べる", ["パン", "ンを", "を", "食べ", "べる", "る"]),
        ("ラーメン ﾊﾟﾝ", ["ラー", "ーメ", "メン", "ン", "パン", "ン"]),
        ("한국어", ["한국", "국어", "어"]),
        ("ดีที่", ["ดีที่", "ที่"]),
        ("ខ្ញុំ\u200bចង់", ["ខ្ញុំច", "ចង់", "ង់"]),
        ("ລາວ", ["ລາ", "າວ", "ວ"]),
        ("မြန်မာ", ["မြန်", "န်မ", "မာ", "ာ"]),
        ("iPhone手机2台", ["iphone", "手机", "机", "2", "台"]),
        ("๒๕ ปี", ["๒๕", "ปี"]),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    expected = [unicodedata.normalize("NFC", word) for word in words]

    assert [word.text for word in split_words(text)] == expected
    assert plain_words(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't eat", [Word("dont", 0, 5), Word("eat", 6, 9)]),
        ("Não don’t", [Word("nao", 0, 3), Word("dont", 4, 9)]),
        ("x 面包店", [Word("x", 0, 1), Word("面包", 2, 4), Word("包店", 3, 5), Word("店", 4, 5)]),
        ("か\u3099き", [Word("がき", 0, 3), Word("き", 2, 3)]),
        ("é日x", [Word("e", 0, 1), Word("日", 1, 2), Word("x", 2, 3)]),
    ],
)
def test_places_are_code_points_of_the_text(text: str, words: list[Word]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize("letter", ["a", "é", "_", "ж"])
def test_a_long_word_is_cut_and_keeps_its_place(letter: str) -> None:
    text = letter * 150 + " b"

    assert split_words(text) == [Word(fold(letter) * LONGEST_WORD, 0, 150), Word("b", 151, 152)]
    assert plain_words(text) == [fold(letter) * LONGEST_WORD, "b"]


def test_an_apostrophe_is_no_part_of_the_length() -> None:
    for letter in "aé":
        assert plain_words(f"{letter}'" * 150 + letter) == [fold(letter) * LONGEST_WORD]


@pytest.mark.parametrize(
    ("text", "paired"),
    [
        *((text, True) for text in ["店", "ー", "ก", "한", "あa"]),
        *((text, False) for text in ["a店", "ж", "1", "ह", ""]),
    ],
)
def test_which_scripts_are_in_pairs(text: str, paired: bool) -> None:
    assert is_paired(text) is paired


@quick
@given(text=texts)
@example(text="ŉ ͺ ﷺ ゛ ⑴ Ⅷ")
def test_words_are_letters_marks_digits_and_underscores_alone(text: str) -> None:
    for word in plain_words(text):
        assert 1 <= len(word) <= LONGEST_WORD
        assert regex.fullmatch(r"[\p{L}\p{M}\p{N}_]+", word)
        assert not set(word) & set(" !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~\0")


@quick
@given(text=texts)
@example(text="Don't don''t it's'")
def test_plain_words_are_the_words_without_places(text: str) -> None:
    assert plain_words(text) == [word.text for word in split_words(text)]


@quick
@given(text=st.text(st.characters(max_codepoint=127)))
def test_ascii_has_the_same_words_beside_other_letters(text: str) -> None:
    assert split_words(text + " é")[:-1] == split_words(text)
    assert plain_words(text + " é") == [*plain_words(text), "e"]


def parts_of(text: str) -> set[str]:
    """Letters and marks, each alone."""
    return set(unicodedata.normalize("NFKD", text))


@quick
@given(text=texts)
def test_places_are_in_order_inside_the_text_and_hold_the_word(text: str) -> None:
    words = split_words(text)

    assert [(word.start, word.end) for word in words] == sorted({(word.start, word.end) for word in words})
    for word in words:
        assert 0 <= word.start < word.end <= len(text)
        assert parts_of(word.text) <= parts_of(fold(text[word.start : word.end]))


@quick
@given(text=texts)
def test_composed_or_not_and_in_any_case_it_is_the_same_words(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)

    assert plain_words(decomposed) == plain_words(unicodedata.normalize("NFC", text))


@quick
@given(text=texts)
@example(text="b\u0640\u0301")
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded
    assert unicodedata.is_normalized("NFC", folded)


HOSTILE = (
    *("a", "é", "a'", "é'", "é ", "'", "é\xad", "\u0345", "\u0301\u0316", "ﷺ", 'ש"', "🇧🇷", "\u200b"),
    *("か", "か\u200b", "か\u3099\u0316", "ᄀ", "ก็", "क्\u200d", "ㅎㅏ"),
)


@pytest.mark.parametrize("part", HOSTILE)
def test_long_hostile_texts_take_no_time_to_speak_of(part: str) -> None:
    text = "é" + part * (100_000 // len(part))

    assert len(split_words(text)) == len(plain_words(text)) <= 100_001
    assert len(fold(text)) <= 2_000_000
