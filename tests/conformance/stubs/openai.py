"""The client of a model that says how many messages it was given, and repeats the last one."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any


def reply(messages: list[dict[str, str]]) -> str:
    """Return what the model answers to these messages."""
    return f"The model read {len(messages)} messages, the last one: {messages[-1]['content']}"


class _Completions:
    async def create(self, *, messages: list[dict[str, str]], stream: bool = False, **settings: Any) -> Any:
        assert settings["model"]
        if stream:
            return _parts(reply(messages))
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=reply(messages)))])


async def _parts(text: str) -> AsyncIterator[Any]:
    for word in text.split(" "):
        yield SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(content=f"{word} "))])
    yield SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(content=None))])


class AsyncOpenAI:
    """The client; it calls nobody."""

    def __init__(self, **settings: Any) -> None:
        self.chat = SimpleNamespace(completions=_Completions())
