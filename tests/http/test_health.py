"""What the probes say of the platforms."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from gateway.adapter import Accept, Adapter
from gateway.app import Gateway
from gateway.bootstrap import compose
from gateway.chat.registry import Callbacks
from gateway.errors import SettingsError, StoreFailed
from gateway.http import health
from gateway.settings import GatewaySettings
from tests.egress.platform import Plain


class Refused(Plain):
    """A platform that refuses the token it is given."""

    refused = True

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        if self.refused:
            raise SettingsError("REFUSED_TOKEN is not valid: make a new one")
        yield


def gateway(data: Path, **adapters: Adapter) -> Gateway:
    settings = GatewaySettings(_env_file=None, data_dir=data, database_url=f"sqlite:///{data}/gateway.db")
    return Gateway(compose(settings=settings, callbacks=Callbacks(), adapters=adapters))


async def test_one_platform_that_is_refused_leaves_the_others_on_and_is_named(tmp_path: Path) -> None:
    running = gateway(tmp_path, plain=Plain(), refused=Refused())
    async with running, httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://x") as http:
        assert (await http.get("/healthz")).status_code == 200
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["problems"] == {"refused": "REFUSED_TOKEN is not valid: make a new one"}


async def test_a_store_that_does_not_answer_is_named_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STORE_TIMEOUT", 0.05)
    running = gateway(tmp_path, plain=Plain())
    async with running, httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://x") as http:
        other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await http.get("/readyz")
        other.close()
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["problems"] == {"store": "no answer within 0.05 s"}


class CountedStore:
    """As much of a store as a probe needs."""

    def __init__(self) -> None:
        self.pings = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def ping(self) -> None:
        self.pings += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error


async def test_all_who_ask_share_one_look_at_the_store_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("gateway.http.health.time.monotonic", lambda: now)
    store = CountedStore()
    check = health.StoreCheck(cast(Any, store))
    asking = [asyncio.create_task(check.problem()) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()  # who hangs up takes the answer from nobody else
    store.go.set()
    assert await asyncio.gather(*asking[1:]) == [None] * 49
    store.error = StoreFailed("the disk is full")
    assert (await check.problem(), store.pings) == (None, 1)
    now += health.CHECK_EVERY + 0.1
    assert (await check.problem(), store.pings) == ("StoreFailed: the disk is full", 2)
    assert (await check.problem(), store.pings) == ("StoreFailed: the disk is full", 2)


async def test_the_only_platform_refused_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REFUSED_TOKEN"):
        async with gateway(tmp_path, refused=Refused()):
            pass
