"""The input and the output of a step: any value, made text only when and as far as it is shown."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.chat.text import message_text


class StepText:
    """A value that is shown as text: a dict, a list or a tuple as JSON, anything else as ``str`` gives it. For the
    beginning that people see of a large value, no more than that is made text."""

    __slots__ = ("_text", "_value")

    def __init__(self, value: Any = "") -> None:
        self._value: object = "" if value is None else value
        self._text: str | None = None

    @property
    def language(self) -> str:
        """The language of the text: ``json``, ``text`` for what was no text before, or none."""
        if isinstance(self._value, str):
            return ""
        return "json" if isinstance(self._value, dict | list | tuple) else "text"

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = message_text("".join(self._pieces()))
        return self._text

    def append(self, text: str) -> None:
        """Add to the text, which from then on is all there is."""
        self._value = self._text = self.text + text

    def beginning(self, room: int) -> str:
        """Return the text without blanks around it, cut visibly where it has more than ``room`` characters."""
        if room <= 0:
            return ""
        text = self._text
        if text is None:
            pieces: list[str] = []
            size = 0
            for piece in self._pieces():
                pieces.append(piece)
                if (size := size + len(piece)) > room:
                    break
            text = "".join(pieces)
        if len(text) <= room:
            return message_text(text).strip()
        return message_text(text[: room - 1]).strip() + "…"

    def _pieces(self) -> Iterator[str]:
        if isinstance(self._value, str):
            yield self._value
            return
        if self.language == "json":
            try:
                yield from json.JSONEncoder(indent=2, ensure_ascii=False, default=_foreign).iterencode(self._value)
                return
            except (TypeError, ValueError, RecursionError):  # keys that are no texts, something that contains itself
                yield "… "
        yield _foreign(self._value)


def _foreign(value: object) -> str:
    """Return text for a value that JSON does not know."""
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"
