"""The small values an adapter keeps beyond its process, among the payloads of the store."""

from collections.abc import Mapping
from typing import Any

from gateway.ports import Payloads


class StoredKeyValues:
    """Implements ``gateway.adapter.Memory``."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        await self._payloads.put_payload(_key(name), value)

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        return await self._payloads.get_payload(_key(name))


def _key(name: str) -> str:
    return f"adapter:{name}"
