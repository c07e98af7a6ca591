"""Shows the stream of a model or an agent: its text in a message, its calls of tools as steps."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any, cast

from gateway.chat.message import Message
from gateway.chat.steps import Step, steps_around
from gateway.chat.stream_parts import PartReader, StreamPart, ToolCalled, ToolReturned
from gateway.runtime.calling import make_async


async def show_stream(message: Message, result: Any) -> None:
    """Stream a result into a message, and send it. The steps of its tools end with it at the latest."""
    tools = _Tools()
    reader = PartReader()
    parted = False
    try:
        async for item in _items(result):
            for part in reader.read(item):
                parted = await _show(message, tools, part, parted)
        for part in reader.rest():
            await _show(message, tools, part, parted)
    except BaseException as error:
        tools.end(error)
        if isinstance(error, Exception):
            await message.finish_stream()
        raise
    tools.end(None)
    await message.send()


async def _show(message: Message, tools: "_Tools", part: StreamPart, parted: bool) -> bool:
    """Show a part; return whether the next text begins a paragraph, as it comes after a tool."""
    if not isinstance(part, str):
        tools.show(part)
        return True
    if not part:
        return parted
    if parted and message.content and not message.content.endswith("\n"):
        part = f"\n\n{part}"
    await message.stream_token(part)
    return False


class _Tools:
    """The steps of one stream's calls of tools, side by side."""

    def __init__(self) -> None:
        self._around = steps_around()
        self._running: dict[str, Step] = {}
        self._begun: set[str] = set()

    def show(self, part: ToolCalled | ToolReturned) -> None:
        """Begin the step of a call, or end it with its result."""
        if isinstance(part, ToolCalled):
            self._begin(part.id, part.name, part.input)
            return
        if part.id not in self._begun:
            self._begin(part.id, part.name or "tool", "")
        step = self._running.pop(part.id, None)
        if step is not None:
            step.output = cast("object", part.output) if _is_json(part.output) else str(part.output)
            step.finish()

    def _begin(self, id: str, name: str, input: Any) -> None:
        if id in self._begun:
            return  # the model said the call, and the library says that it makes it
        self._begun.add(id)
        step = self._running[id] = Step(name, type="tool")
        step.input = input
        step.begin(self._around)

    def end(self, error: BaseException | None) -> None:
        """End the steps that had no result."""
        running, self._running = self._running, {}
        for step in running.values():
            step.finish(error)


async def _items(result: Any) -> AsyncIterator[Any]:
    """Yield the items of whatever streams. It is closed when nobody reads on."""
    if isinstance(result, bytes | dict):
        raise _refused(cast("object", result))
    if isinstance(result, str | list | tuple):
        items = _each([result] if isinstance(result, str) else cast("list[Any]", result))
    elif callable(events := getattr(result, "stream_events", None)):  # the Agents SDK: its run goes on by itself
        items = _closing(events(), getattr(result, "cancel", None))
    elif callable(text := getattr(result, "stream_text", None)):  # pydantic-ai
        items = _closing(text(delta=True), None)
    elif hasattr(result, "__aiter__"):
        items = _closing(result, None)
    elif hasattr(result, "__iter__"):
        items = _blocking(result)
    else:
        items = _inside(result)
    async with aclosing(items):
        async for item in items:
            yield item


async def _inside(result: Any) -> AsyncGenerator[Any]:
    """Yield the items of what has to be awaited or entered first."""
    if inspect.isawaitable(result):
        async for item in _items(await result):
            yield item
    elif hasattr(result, "__aenter__"):
        async with result as entered:
            async for item in _items(entered):
                yield item
    elif hasattr(result, "__enter__"):
        with result as entered:
            async for item in _items(entered):
                yield item
    else:
        raise _refused(result)


async def _each(items: Iterable[Any]) -> AsyncGenerator[Any]:
    for item in items:
        yield item


async def _blocking(items: Iterable[Any]) -> AsyncGenerator[Any]:
    """Yield the items in a thread: a model that blocks must not hold up other conversations."""
    ended = object()
    following = make_async(next)
    iterator = iter(items)
    while (item := await following(iterator, ended)) is not ended:
        yield item


def _is_json(output: object) -> bool:
    return isinstance(output, str | dict | list)


def _refused(result: object) -> TypeError:
    return TypeError(f"Message.stream() takes what yields texts or events, not {type(result).__name__}")


async def _closing(iterator: Any, cancel: Callable[[], object] | None) -> AsyncGenerator[Any]:
    done = False
    try:
        async for item in iterator:
            yield item
        done = True
    finally:
        if not done:
            if cancel is not None:
                cancel()
            close = getattr(iterator, "aclose", None) or getattr(iterator, "close", None)
            closing = close() if callable(close) else None
            if inspect.isawaitable(closing):
                await closing
