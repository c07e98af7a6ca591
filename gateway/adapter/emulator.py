"""The interface of an emulator, a stand-in for a platform."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, Protocol


class Emulator(Protocol):
    """A stateful stand-in for a platform that speaks its wire protocol on loopback.

    Tests call an emulator's own methods; the playground shows it to a person. ``snapshot``, ``act`` and ``watch``
    exchange JSON that the playground's tab for this platform understands.
    """

    name: ClassVar[str]
    """The platform's name, as in ``Platform.name``."""

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve the platform's API. Port 0 picks a free one. Raises ``OSError`` when the port is taken."""
        ...

    async def stop(self) -> None:
        """Stop serving the API and delivering events to the bot."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the settings (``SLACK_API_URL``, tokens, secrets) that point an adapter at this emulator."""
        ...

    def deliver_to(self, base_url: str) -> None:
        """Set the base URL of the bot that receives events, for example ``http://127.0.0.1:8000``."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return everything a person sees on the platform at this moment."""
        ...

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does (post, upload, click, submit, react, stop) and return what came of it."""
        ...

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield changes as they happen: ``{"type": "change", …}`` for the view, ``{"type": "wire", …}`` for the
        inspector."""
        ...
