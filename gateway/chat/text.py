"""Text a model wrote, made fit for platforms and stores."""


def whole(text: str) -> str:
    """The text without halves of surrogate pairs (half an emoji, as a model may write it), which are no text to any
    platform or store; two halves that meet are one character again."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def split_half(text: str) -> tuple[str, str]:
    """The text, and the half of a character it ends with, whose other half may follow."""
    return (text[:-1], text[-1]) if "\ud800" <= text[-1:] <= "\udbff" else (text, "")
