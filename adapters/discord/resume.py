"""The session of one shard, kept beyond the process: the next one resumes it and hears what was said meanwhile.

What is kept is {session, sequence number, address, application} and what the session was begun for: another bot, other
shards, intents or another gateway cannot resume it. It is written when a session begins, then at most once a second,
and at the end; the number is never beyond what is stored (``Progress``), so one that is a second old costs only some
repetitions, known by their keys.
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
    """What RESUME needs."""

    gateway: yarl.URL
    """Where Discord said to resume."""
    progress: Progress

    @property
    def id(self) -> str:
        return self.progress.session


class ResumeStore:
    """Keeps and recalls it. Best effort: without a session kept the gateway is joined anew."""

    def __init__(
        self, sent: KeyValueStore | None, directory: Directory, *, shard: int, shards: int, gateway_url: str
    ) -> None:
        self._sent = sent
        self._directory = directory
        self._name = f"discord.session.{shard}"
        self._of = f"{shard}/{shards} {bits(INTENTS)} {gateway_url}"
        self._written: Mapping[str, Any] = {}
        self._begun = asyncio.Event()

    @property
    def outlives(self) -> bool:
        """Whether a later process can resume it."""
        return self._sent is not None

    def begun(self) -> None:
        """There is a new one: worth a write at once."""
        self._begun.set()

    async def recall(self) -> Session | None:
        """The one an earlier process left."""
        if self._sent is None:
            return None
        try:
            self._written = await self._sent.recall(self._name) or {}
            return self._read(self._written)
        except Exception as error:  # whatever the store has: it must not keep the bot from its gateway
            log.warning("discord.session_unknown", error=str(error)[:200])
            return None

    def _read(self, resume_store: Mapping[str, Any]) -> Session | None:
        id, url, seq = text(resume_store, "session"), text(resume_store, "url"), resume_store.get("seq")
        if resume_store.get("of") != self._whose() or not id or not url or type(seq) is not int:
            return None
        self._directory.app = text(resume_store, "app")
        return Session(yarl.URL(url), Progress(id, seq))

    async def keep(self, session: Session | None) -> None:
        """Write it down, if that would change anything; None when it is over."""
        value: dict[str, Any] = {}
        if session is not None and session.progress.stored is not None:
            value = {
                "of": self._whose(),
                "session": session.id,
                "url": str(session.gateway),
                "seq": session.progress.stored,
                "app": self._directory.app,
            }
        if self._sent is None or value == self._written:
            return
        try:
            await self._sent.keep(self._name, value)
        except Exception as error:  # the store has trouble: /readyz says so, and the next second tries again
            log.debug("discord.session_not_kept", error=str(error)[:200])
        else:
            self._written = value

    async def pause(self) -> None:
        """Until the next write is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout(KEEP_EVERY):
                await self._begun.wait()
        self._begun.clear()

    def _whose(self) -> str:
        return f"{self._directory.me} {self._of}"
