"""The texts and profiles of the users in the databases."""

TOPICS = ("pamps", "Café", "日本語", "naïve_test", "العربية", "später")

BIOS: dict[str, dict[str, str]] = {
    "ana": {
        "bio": 'Reads "everything" & <b>more</b> 📖\nSecond line',
        "avatar": "https://example.test/a.png",
    },
    "bia": {"bio": "عاشقة القهوة ☕", "avatar": "http://example.test/~bia/avatar.jpg"},
    "caro": {"bio": "Will clear this"},
    "dan": {"bio": "'; DROP TABLE user; --"},
    "eva": {"avatar": "https://example.test/%F0%9F%98%80.png"},
    "gus": {"bio": "Will be gone"},
}

TEXTS = (
    "Hello from {name}, with #pamps and @ana, @bia and @nobody_at_all",
    "Emoji: 😀👩‍👩‍👧‍👦🏳️‍🌈🇧🇷 by {name} #emoji",
    "Quotes: \"double\" 'single' «guillemets» „low“ `back` \\ backslash \\n not a line, by {name}",
    '<script>alert("{name}")</script> &amp; <b>bold</b> <!-- comment --> ]]>',
    "مرحبا بالعالم، هذا نص من اليمين إلى اليسار {name} #العربية",
    "שלום עולם \u200f{name}\u200f mixed with English (and brackets)",
    "日本語のテキストです。検索できますか。#日本語 {name}",
    "First line\nSecond line\n\n\tTabbed\r\nWindows line of {name}   ",
    "  Blanks around  \u00a0{name}\u00a0 ",
    "Café crème déjà vu naïve ﬁne Ⅻ ½ #Café, #CAFÉ; #café by {name}",
    "Combining: e\u0301 a\u030a Z\u0351\u036b\u0343 and {name} zero\u200bwidth\u00adsoft",
    "https://example.test/path?a=1&b=%20#fragment by {name}, see www.example.test/~x",
    "Long by {name}: " + "The quick brown fox jumps over the lazy dog. " * 10,
    "ẞtraße und SPÄTER, sagt {name} #später",
    "{name} was here",
)


def posts_of(name: str) -> list[str]:
    """The posts of a user, each of a different kind."""
    return [text.format(name=name) for text in TEXTS]


# Names of posts, authors, parents, texts. `gus` deletes his account afterwards; ana mutes `mute` and caro,
# blocks dan, and is blocked by eva.
THREAD: tuple[tuple[str, str, str, str], ...] = (
    ("root", "bia", "", "Where shall we meet? @ana @caro @dan #meeting"),
    ("r1", "caro", "root", "At the river 🌊"),
    ("r1a", "ana", "r1", "Which one, @caro?"),
    ("r1b", "dan", "r1a", "The one by the bridge, @ana"),
    ("r1c", "bia", "r1b", "There are two bridges"),
    ("r1d", "mute", "r1c", "Three, in fact, @ana"),
    ("r1e", "eva", "r1d", "<i>Four</i>"),
    ("r1f", "ana", "r1e", "Five?"),
    ("r2", "mute", "root", "At home"),
    ("r2a", "ana", "r2", "Whose home, @mute?"),
    ("r2b", "bia", "r2a", "Mine, @ana"),
    ("r3", "dan", "root", "Nowhere"),
    ("r3a", "caro", "r3", "Come on, @dan"),
    ("r3b", "bia", "r3a", "Let him"),
    ("r4", "gus", "root", "I shall be gone by then"),
    ("r4a", "bia", "r4", "Farewell, @gus"),
    ("r4b", "gus", "r4a", "Thanks"),
    ("tombstone", "caro", "root", "I take this back #regret"),
    ("t1", "bia", "tombstone", "Why?"),
    ("t2", "ana", "t1", "She has her reasons"),
    ("gone", "caro", "root", "And this, too #regret"),
    ("moderated", "dan", "root", "Something rude"),
    ("m1", "ana", "moderated", "Not here, please"),
    ("edited", "caro", "r2a", "A reply that is edited #later"),
    ("r5", "zoe", "root", "I shall bring the cake 🎂 @ana"),
    ("r5a", "ana", "r5", "Thank you, @zoe"),
    ("r5b", "bia", "r5", "Which cake? #meeting"),
)
