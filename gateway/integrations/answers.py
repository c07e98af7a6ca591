"""Reads the answers of models by their shape: chat completions, completions and responses, whole or in parts."""

import json
from typing import Any

from gateway.chat.stream_parts import text_of


class Answer:
    """What is known of an answer so far."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: dict[Any, dict[str, Any]] = {}
        """Calls of tools by what tells them apart in a stream; each has ``id``, ``name`` and ``arguments`` (JSON)."""
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None

    def read_result(self, result: Any) -> None:
        """Read a whole answer."""
        raise NotImplementedError

    def read_part(self, part: Any) -> bool:
        """Read a part of a stream; return whether it holds text or a call."""
        raise NotImplementedError

    def message(self, *, chat: bool) -> Any:
        """Return the answer as it is kept: a message with its calls, or a text."""
        if not chat:
            return self.text
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
                for call in self.calls.values()
            ]
        return message

    def _count(self, usage: Any) -> None:
        if usage is None:
            return
        self.tokens_in = _number(getattr(usage, "prompt_tokens", None), getattr(usage, "input_tokens", None))
        self.tokens_out = _number(getattr(usage, "completion_tokens", None), getattr(usage, "output_tokens", None))

    def _call(self, key: Any, id: object, name: object, arguments: object) -> None:
        call = self.calls.setdefault(key, {"id": None, "name": "", "arguments": ""})
        call["id"] = id or call["id"]
        call["name"] = name or call["name"]
        call["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""


class ChatAnswer(Answer):
    """A chat completion of OpenAI or Mistral, or a completion of the older API."""

    def read_result(self, result: Any) -> None:
        """Read a whole completion."""
        self._count(getattr(result, "usage", None))
        for choice in (getattr(result, "choices", None) or ())[:1]:
            self._said(getattr(choice, "message", None), choice)

    def read_part(self, part: Any) -> bool:
        """Read a chunk."""
        part = getattr(part, "data", None) or part  # Mistral's events
        self._count(getattr(part, "usage", None) or None)
        said = False
        for choice in (getattr(part, "choices", None) or ())[:1]:
            said = self._said(getattr(choice, "delta", None), choice)
        return said

    def _said(self, message: Any, choice: Any) -> bool:
        text = text_of(getattr(choice, "text", None) if message is None else getattr(message, "content", None))
        self.text += text
        calls: Any = getattr(message, "tool_calls", None) or ()
        for place, call in enumerate(calls):
            function = getattr(call, "function", None) or getattr(call, "custom", None)
            arguments = getattr(function, "arguments", None) or getattr(function, "input", None)
            index = getattr(call, "index", None)
            key = index if isinstance(index, int) else place
            self._call(key, getattr(call, "id", None), getattr(function, "name", None), arguments)
        return bool(text or calls)


class ResponsesAnswer(Answer):
    """A response of OpenAI."""

    def read_result(self, result: Any) -> None:
        """Read a whole response."""
        self._count(getattr(result, "usage", None))
        self.text, self.calls = "", {}
        for item in getattr(result, "output", None) or ():
            if item.type == "message":
                self.text += text_of(item.content)
            elif item.type == "function_call":
                self._call(item.call_id, item.call_id, item.name, item.arguments)

    def read_part(self, part: Any) -> bool:
        """Read an event."""
        kind = getattr(part, "type", "")
        if kind == "response.output_text.delta":
            self.text += part.delta
            return True
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            self.read_result(part.response)
        return kind == "response.function_call_arguments.delta"


def _number(*values: object) -> int | None:
    return next((each for each in values if isinstance(each, int)), None)
