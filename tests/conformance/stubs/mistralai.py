"""The client of another model; it calls nobody."""

from types import SimpleNamespace
from typing import Any

from tests.conformance.stubs.openai import reply


class _Chat:
    async def complete_async(self, *, messages: list[dict[str, str]], **settings: Any) -> Any:
        assert settings["model"]
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=reply(messages)))])


class Mistral:
    """The client."""

    def __init__(self, *, api_key: str | None) -> None:
        self.chat = _Chat()
