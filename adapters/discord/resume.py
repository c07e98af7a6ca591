"""Stores the session of one shard beyond the process, so that the next process resumes it and receives what was said
meanwhile.

Stored are the session, its sequence number, its address and the application, with what the session was begun for:
another bot, other shards or intents, or another gateway cannot resume it. A record is written when a session begins,
then at most once a second, and at the end. The number is never beyond what is stored (``Progress``), so a record that
is a second old costs only some repetitions, which are recognised by their keys.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
import yarl

from adapters.discord.directory import Directory
from adapters.discord.manifest import INTENTS, bits
from adapters.discord.progress import Progress
from adapters.fields import text
from gateway.adapter import KeyValueStore

KEEP_EVERY = 1.0
"""Seconds between two writes while there is something new."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """What a RESUME needs."""

    gateway: yarl.URL
    """The address at which Discord said to resume."""
    progress: Progress

    @property
    def id(self) -> str:
        """Discord's id of the session."""
        return self.progress.session


class ResumeStore:
    """Stores and reads a shard's session. Best effort: without a stored session the shard begins a new one."""

    def __init__(
        self, store: KeyValueStore | None, directory: Directory, *, shard: int, shards: int, gateway_url: str
    ) -> None:
        self._store = store
        self._directory = directory
        self._name = f"discord.session.{shard}"
        self._of = f"{shard}/{shards} {bits(INTENTS)} {gateway_url}"
        self._written: Mapping[str, Any] = {}
        self._begun = asyncio.Event()

    @property
    def outlives(self) -> bool:
        """Whether a later process can resume the session."""
        return self._store is not None

    def begun(self) -> None:
        """Report that a new session began, so that it is written at once."""
        self._begun.set()

    async def recall(self) -> Session | None:
        """Return the session that an earlier process left; None if there is none to resume."""
        if self._store is None:
            return None
        try:
            self._written = await self._store.recall(self._name) or {}
            return self._read(self._written)
        except Exception as error:  # whatever the store has: it must not keep the bot from its gateway
            log.warning("discord.session_unknown", error=str(error)[:200])
            return None

    def _read(self, saved: Mapping[str, Any]) -> Session | None:
        id, url, seq = text(saved, "session"), text(saved, "url"), saved.get("seq")
        if saved.get("of") != self._whose() or not id or not url or type(seq) is not int:
            return None
        self._directory.app = text(saved, "app")
        return Session(yarl.URL(url), Progress(id, seq))

    async def keep(self, session: Session | None) -> None:
        """Write the session down if it has changed; with None, remove it because it is over."""
        value: dict[str, Any] = {}
        if session is not None and session.progress.stored is not None:
            value = {
                "of": self._whose(),
                "session": session.id,
                "url": str(session.gateway),
                "seq": session.progress.stored,
                "app": self._directory.app,
            }
        if self._store is None or value == self._written:
            return
        try:
            await self._store.keep(self._name, value)
        except Exception as error:  # the store has trouble: /readyz says so, and the next second tries again
            log.debug("discord.session_not_kept", error=str(error)[:200])
        else:
            self._written = value

    async def pause(self) -> None:
        """Wait until the next write is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(KEEP_EVERY):
                await self._begun.wait()
        self._begun.clear()

    def _whose(self) -> str:
        return f"{self._directory.me} {self._of}"
