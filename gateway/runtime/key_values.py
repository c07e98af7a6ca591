"""Stores the small values that an adapter keeps across restarts."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.errors import StoreFailed
from gateway.ports import KeyValues

WITHIN = 2.0
"""Seconds that a value may take: a platform waits for the answer to what made the adapter ask."""


class StoredKeyValues:
    """Stores an adapter's small values. Implements ``gateway.adapter.KeyValueStore`` on the port ``KeyValues``; raises
    ``StoreFailed`` where the store fails or takes longer than ``WITHIN``."""

    def __init__(self, store: KeyValues) -> None:
        self._store = store

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        async with _in_time():
            await self._store.put_value("adapter", name, value)

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        async with _in_time():
            return await self._store.get_value("adapter", name)


@asynccontextmanager
async def _in_time() -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(WITHIN):
            yield
    except TimeoutError:
        raise StoreFailed(f"the store did not answer within {WITHIN:g} s") from None
