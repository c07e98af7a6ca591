"""Reads what libraries of models yield as texts and calls of tools, by its shape: none of them is imported."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool is called: the id of the call, the tool's name and its input."""

    id: str
    name: str
    input: Any


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """What a call of a tool came to."""

    id: str
    name: str
    output: Any


StreamPart = str | ToolCalled | ToolReturned
"""A piece of text, a call of a tool or its result."""


class PartReader:
    """Reads the items of one stream, which may say a call of a tool in pieces, and the same message twice."""

    def __init__(self) -> None:
        self._pieces: dict[object, dict[str, str]] = {}
        self._seen: set[str] = set()
        """Ids of the messages that were read."""

    def read(self, item: Any) -> Iterator[StreamPart]:
        """Yield the parts of an item.

        Raises:
            TypeError: It is nothing that is known.
        """
        if item is None:
            return
        if isinstance(item, str):
            yield item
        elif isinstance(item, tuple):
            yield from self._read_tuple(cast("Any", item))
        elif isinstance(event := _get(item, "event"), str):
            yield from self._langchain_event(event, item)
        elif isinstance(kind := _get(item, "event_kind"), str):
            yield from self._pydantic_event(kind, item)
        elif _get(item, "choices") is not None or _get(_get(item, "data"), "choices") is not None:
            yield from self._chunk(item if _get(item, "choices") is not None else _get(item, "data"))
        elif isinstance(kind := _get(item, "type"), str):
            yield from self._typed(kind, item)
        elif isinstance(item, dict):
            yield from self._state(cast("dict[str, Any]", item))
        elif isinstance(delta := _get(item, "delta"), str):
            yield delta
        else:
            raise TypeError(
                f"Message.stream() does not know {type(item).__name__}: give it texts, or chunks or events of OpenAI, "
                "Mistral, the Agents SDK, pydantic-ai, LangChain or LangGraph"
            )

    def rest(self) -> Iterator[StreamPart]:
        """Yield the calls that were said in pieces."""
        pieces, self._pieces = self._pieces, {}
        for place, each in pieces.items():
            yield ToolCalled(each["id"] or str(place), each["name"], _arguments(each["arguments"]))

    def _read_tuple(self, item: tuple[Any, ...]) -> Iterator[StreamPart]:
        """LangGraph yields (message, metadata), (mode, item) or (namespace, mode, item)."""
        if len(item) == 2 and not isinstance(item[0], str | tuple):
            yield from self.read(item[0])
        elif item:
            yield from self.read(item[-1])

    def _chunk(self, chunk: Any) -> Iterator[StreamPart]:
        for choice in list(_get(chunk, "choices"))[:1]:
            message = _get(choice, "delta") or _get(choice, "message")
            if text := text_of(_get(choice, "text") if message is None else _get(message, "content")):
                yield text
            for place, call in enumerate(_get(message, "tool_calls") or ()):
                index = _get(call, "index")
                function = _get(call, "function")
                key = index if isinstance(index, int) else place
                self._piece(key, _get(call, "id"), _get(function, "name"), _get(function, "arguments"))
            if _get(choice, "finish_reason"):
                yield from self.rest()

    def _piece(self, key: object, id: Any, name: Any, arguments: Any) -> None:
        piece = self._pieces.setdefault(key, {"id": "", "name": "", "arguments": ""})
        piece["id"] = piece["id"] or id or ""
        piece["name"] = piece["name"] or name or ""
        piece["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""

    def _typed(self, kind: str, item: Any) -> Iterator[StreamPart]:
        match kind:
            case "response.output_text.delta" | "content.delta":
                yield _get(item, "delta") or ""
            case "response.output_item.done" if _get(_get(item, "item"), "type") == "function_call":
                yield _called(_get(item, "item"))
            case "tool_calls.function.arguments.done":
                yield ToolCalled(f"call {_get(item, 'index')}", _get(item, "name"), _arguments(_get(item, "arguments")))
            case "raw_response_event":
                yield from self.read(_get(item, "data"))
            case "run_item_stream_event":
                yield from _agents_item(_get(item, "item"))
            case "AIMessageChunk" | "ai" | "tool":
                yield from self._message(kind, item)
            case _:
                return  # events of a known library that say nothing to people

    def _message(self, kind: str, message: Any) -> Iterator[StreamPart]:
        id = _get(message, "id")
        if kind == "tool":
            if id not in self._seen:
                self._seen.add(id)
                yield from self.rest()
                yield ToolReturned(_get(message, "tool_call_id"), _get(message, "name") or "", _get(message, "content"))
            return
        if kind == "ai" and id in self._seen:
            return
        if id:
            self._seen.add(id)
        if text := text_of(_get(message, "content")):
            yield text
        if kind == "ai":
            for call in _get(message, "tool_calls") or ():
                yield ToolCalled(_get(call, "id") or "", _get(call, "name"), _get(call, "args"))
        else:
            for call in _get(message, "tool_call_chunks") or ():
                self._piece((id, _get(call, "index")), _get(call, "id"), _get(call, "name"), _get(call, "args"))

    def _state(self, state: dict[str, Any]) -> Iterator[StreamPart]:
        """LangGraph's updates are {node: {"messages": [...]}}, its states {"messages": [...]}."""
        for name, value in state.items():
            messages = value if name == "messages" else _get(value, "messages")
            for message in messages if isinstance(messages, list) else ():  # pyright: ignore[reportUnknownVariableType]
                yield from self.read(message)

    def _langchain_event(self, event: str, item: Any) -> Iterator[StreamPart]:
        id, name, data = str(_get(item, "run_id")), str(_get(item, "name")), _get(item, "data")
        match event:
            case "on_chat_model_stream" | "on_llm_stream":
                chunk = _get(data, "chunk")
                yield (
                    text_of(_get(chunk, "content")) if _get(chunk, "content") is not None else _get(chunk, "text") or ""
                )
            case "on_tool_start":
                yield ToolCalled(id, name, _get(data, "input"))
            case "on_tool_end":
                output = _get(data, "output")
                yield ToolReturned(id, name, output if _get(output, "content") is None else _get(output, "content"))
            case _:
                return

    def _pydantic_event(self, kind: str, item: Any) -> Iterator[StreamPart]:
        part = _get(item, "part") or _get(item, "result")
        match kind:
            case "part_start" if _get(part, "part_kind") == "text":
                yield _get(part, "content") or ""
            case "part_delta" if _get(_get(item, "delta"), "part_delta_kind") == "text":
                yield _get(_get(item, "delta"), "content_delta") or ""
            case "function_tool_call":
                yield ToolCalled(_get(part, "tool_call_id"), _get(part, "tool_name"), _arguments(_get(part, "args")))
            case "function_tool_result":
                yield ToolReturned(_get(part, "tool_call_id"), _get(part, "tool_name") or "", _get(part, "content"))
            case _:
                return


def _agents_item(item: Any) -> Iterator[StreamPart]:
    raw = _get(item, "raw_item")
    if _get(item, "type") == "tool_call_item":
        yield _called(raw)
    elif _get(item, "type") == "tool_call_output_item":
        yield ToolReturned(str(_get(raw, "call_id")), "", _get(item, "output"))


def _called(call: Any) -> ToolCalled:
    id = _get(call, "call_id") or _get(call, "id") or ""
    return ToolCalled(str(id), str(_get(call, "name") or _get(call, "type")), _arguments(_get(call, "arguments")))


def _arguments(given: Any) -> Any:
    """Return arguments as an object, where they are JSON."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given or "{}")
    except ValueError:
        return given


def text_of(content: Any) -> str:
    """Return the text of a content, which is a string or a list of parts with texts; else nothing."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list | tuple):
        return ""
    texts = [each if isinstance(each, str) else _get(each, "text") for each in cast("list[Any]", content)]
    return "".join(each for each in texts if isinstance(each, str))


def _get(value: Any, name: str) -> Any:
    """Return an item of a dict, or an attribute of anything else; None where there is none."""
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else getattr(value, name, None)
