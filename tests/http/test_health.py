"""What the probes say of the platforms."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.adapter import Accept, Adapter
from gateway.app import Gateway
from gateway.errors import SettingsError
from gateway.http import health
from gateway.runtime.callbacks import Callbacks
from gateway.settings import GatewaySettings
from tests.egress.platform import Plain


class Refused(Plain):
    """A platform that takes no such token."""

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        raise SettingsError("REFUSED_TOKEN is not valid: make a new one")
        yield


def gateway(data: Path, **adapters: Adapter) -> Gateway:
    settings = GatewaySettings(_env_file=None, data_dir=data, database_url=f"sqlite:///{data}/gateway.db")
    return Gateway(settings=settings, callbacks=Callbacks(), adapters=adapters)


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


async def test_the_only_platform_refused_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REFUSED_TOKEN"):
        async with gateway(tmp_path, refused=Refused()):
            pass
