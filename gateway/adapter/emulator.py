"""The interface of an emulator, a stand-in for a platform."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, Protocol


class Emulator(Protocol):
    """A stateful stand-in for a platform, speaking its wire protocol on loopback.

    Tests call it directly; the playground shows it to a person. ``snapshot``, ``act`` and ``watch`` speak JSON the
    page's tab for this platform understands.
    """

    name: ClassVar[str]
    """The platform's name, as in ``Platform.name``."""

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve the platform's API; port 0 picks a free one."""
        ...

    async def stop(self) -> None:
        """Stop serving and delivering."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the settings (``SLACK_API_URL``, tokens, secrets) that point an adapter at this emulator."""
        ...

    def deliver_to(self, base_url: str) -> None:
        """Set the address of the bot, for example ``http://127.0.0.1:8000``."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return everything a person would see now."""
        ...

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does: post, upload, click, submit, react, stop."""
        ...

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield changes as they happen: ``{"type": "change", …}`` for the view, ``{"type": "wire", …}`` for the
        inspector."""
        ...
