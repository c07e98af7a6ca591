"""Checks of the database, and of this machine's clock by the database's. Both look once, together."""

import asyncio
from collections.abc import Callable

from gateway.adapter import Finding, clock_finding
from gateway.errors import SettingsError
from gateway.runtime.seals import KEY, Seals
from gateway.store.condition import Condition, examine
from gateway.store.migrations import HEAD


class Database:
    """The database that a URL names, at which is looked once."""

    def __init__(self, url: str) -> None:
        """``url`` is that of ``DATABASE_URL``."""
        self._url = url
        self._looking: asyncio.Task[Condition] | None = None
        self._seals: Seals | None = None

    async def condition(self) -> Condition:
        """Return what was found. Raises ``SettingsError`` where no gateway would start on the database."""
        if self._looking is None:
            self._looking = asyncio.create_task(asyncio.to_thread(examine, self._url, value=("gateway", KEY)))
            self._looking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._looking)

    async def proof(self) -> Callable[[str], str | None]:
        """Return what answers a nonce as a gateway on this database does; where that cannot be known, in a way that
        nobody else does."""
        try:
            key = (await self.condition()).value
        except Exception:
            # What is wrong with the database is said by the check of the database.
            key = None
        if self._seals is None:
            self._seals = Seals.with_key(key)
        return self._seals.proof

    async def check(self) -> Finding:
        """Say whether a gateway can work on the database."""
        found = await self.condition()
        runs = "" if found.replicas is None else f", {found.replicas} running on it"
        about = f"{found.server}, tables of version {found.version}{runs}"
        if found.warnings:
            return Finding("warn", f"{about}: {'; '.join(found.warnings)}", "change what is named")
        if found.version == 0:
            return Finding("ok", f"{found.server}, with no tables yet: the first start makes them")
        if found.version < HEAD:
            fix = "the next start migrates them (or `gateway db upgrade`): make a backup before"
            return Finding("warn", f"{about}; this gateway takes version {HEAD}", fix)
        return Finding("ok", about)

    async def clock(self) -> Finding:
        """Compare this machine's clock with the database's."""
        try:
            found = await self.condition()
        except SettingsError:
            return Finding("skipped", "the database does not tell the time: see `database`")
        if found.ahead is None:
            return Finding("skipped", "SQLite has no clock of its own")
        return clock_finding(found.ahead, "the database")
