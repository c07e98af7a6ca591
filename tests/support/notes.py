"""The values that adapters store, in memory."""

from collections.abc import Mapping
from typing import Any


class Notes:
    """Implements ``gateway.adapter.KeyValueStore``."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        self.kept[name] = dict(value)

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        return self.kept.get(name)
