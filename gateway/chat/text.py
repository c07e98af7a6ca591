"""Cleaning of the text of a message, so that it reads the same on every platform."""

from gateway.model.text import drop_lone_surrogates


def lines_ended(text: str) -> str:
    """Return the text with every line ended by a line feed alone, as Markdown and the platforms count lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def message_text(text: str) -> str:
    """Return the text as a message sends it: without lone surrogates, lines ended by line feeds."""
    return lines_ended(drop_lone_surrogates(text))


def split_half(text: str) -> tuple[str, str]:
    """Split off the last character where it is half of a surrogate pair or of a CR LF, whose other half may follow."""
    return (text[:-1], text[-1]) if text.endswith("\r") or "\ud800" <= text[-1:] <= "\udbff" else (text, "")
