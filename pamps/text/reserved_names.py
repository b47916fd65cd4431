"""User names that nobody may take, because an address of Pamps starts with them."""

# First path segments served now or reserved for later, and the words under /user/ that are not people.
RESERVED_NAMES = frozenset(
    "about access_token account accounts admin api app apps archive assets atom auth block blog bookmark"
    " bookmarks cli config contact docs draft drafts email_confirmation export"
    " favicon feed feeds follow followers following health"
    " help home hosts inbox invite login logout mail me media mention mentions metrics mute nodeinfo"
    " notification notifications oauth openapi outbox password password_reset post posts pamps privacy public"
    " ready redoc refresh_token register repost reposts robots root rss search security session sessions"
    " settings share signin signup sitemap static stream support system tag tags terms thread timeline token"
    " tokens trending user users webfinger well_known www".split()
)


def is_reserved(username: str) -> bool:
    """Whether `username`, in any case, belongs to an address."""
    return username.lower() in RESERVED_NAMES
