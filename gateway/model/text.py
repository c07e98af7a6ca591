"""Text as platforms and stores take it: what a model or a person wrote, and times."""

from datetime import UTC, datetime


def drop_lone_surrogates(text: str) -> str:
    """Return the text without lone halves of surrogate pairs (half an emoji, as a model may write it), which no
    platform and no store takes; two halves that meet become one character."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(text: str) -> str:
    """Return the text as every database takes it: NUL characters and lone halves of surrogate pairs become U+FFFD."""
    text = drop_lone_surrogates(text)
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


TITLE_LIMIT = 200
"""Characters of a conversation's title that are kept."""


def title_of(text: str) -> str | None:
    """Return a text as the title of a conversation: one line that is not too long; None for a text without words."""
    words = " ".join(storable(text).split())
    return (words if len(words) <= TITLE_LIMIT else words[: TITLE_LIMIT - 1] + "…") or None


def time_text(at: float | datetime) -> str:
    """Return a time as databases keep it, ISO 8601 in UTC with microseconds: of seconds since the epoch, or of a moment
    that has a zone."""
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
