"""Cleaning of text that a model or a person wrote, so that platforms and stores take it."""


def drop_lone_surrogates(text: str) -> str:
    """Return the text without lone halves of surrogate pairs (half an emoji, as a model may write it), which no
    platform and no store takes; two halves that meet become one character."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(text: str) -> str:
    """Return the text as every database takes it: NUL characters and lone halves of surrogate pairs become U+FFFD."""
    text = drop_lone_surrogates(text)
    return text.replace("\x00", "\ufffd") if "\x00" in text else text
