"""Stores the small values that an adapter keeps across restarts."""

from collections.abc import Mapping
from typing import Any

from gateway.ports import KeyValues


class StoredKeyValues:
    """Stores an adapter's small values. Implements ``gateway.adapter.KeyValueStore`` on the port ``KeyValues``."""

    def __init__(self, store: KeyValues) -> None:
        self._store = store

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        await self._store.put_value("adapter", name, value)

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        return await self._store.get_value("adapter", name)
