"""Text a model or a person wrote, made fit for platforms and stores."""


def drop_lone_surrogates(text: str) -> str:
    """The text without halves of surrogate pairs (half an emoji, as a model may write it), which are no text to any
    platform or store; two halves that meet are one character again."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def lines_ended(text: str) -> str:
    """The text with every line ended by a line feed alone, as Markdown and the platforms count lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def message_text(text: str) -> str:
    """What a message says: whole characters, lines ended alike."""
    return lines_ended(drop_lone_surrogates(text))


def split_half(text: str) -> tuple[str, str]:
    """The text, and what it ends with whose other half may follow: half a character, half a line break."""
    return (text[:-1], text[-1]) if text.endswith("\r") or "\ud800" <= text[-1:] <= "\udbff" else (text, "")
