"""What is kept of a team's channels: stored once each, and known after a restart."""

from collections.abc import Mapping
from typing import Any

from adapters.locks import ClusterLocks
from adapters.teams.channels import TeamChannels


class Store:
    """A store in memory that counts calls and can be full. Implements ``gateway.adapter.KeyValueStore``."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[str, Any]] = {}
        self.calls = 0
        self.full = False

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        self.calls += 1
        if self.full:
            raise OSError("no space left")
        self.values[name] = value

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        self.calls += 1
        return self.values.get(name)


async def test_channels_are_known_after_a_restart_and_stored_once() -> None:
    store = Store()
    channels = TeamChannels(store, ClusterLocks(None))
    for channel in ("19:a", "19:b", "19:a", "19:b"):
        await channels.saw("t", "team", channel)
    calls = store.calls
    await channels.saw("t", "team", "19:a")
    assert store.calls == calls
    assert await TeamChannels(store, ClusterLocks(None)).of("t", "team") == ["19:a", "19:b"]
    assert await TeamChannels(store, ClusterLocks(None)).of("another tenant", "team") == []


async def test_a_store_that_takes_nothing_costs_no_delivery() -> None:
    store = Store()
    store.full = True
    channels = TeamChannels(store, ClusterLocks(None))
    await channels.saw("t", "team", "19:a")
    assert await channels.of("t", "team") == ["19:a"]
    odd = Store()
    odd.values["teams.channels.t.team"] = {"channels": [7, "19:b"]}
    assert await TeamChannels(odd, ClusterLocks(None)).of("t", "team") == ["19:b"]
