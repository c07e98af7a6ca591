"""What the probes say of the platforms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.adapter import Accept, Adapter
from gateway.app import Gateway
from gateway.errors import SettingsError
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


async def test_the_only_platform_refused_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REFUSED_TOKEN"):
        async with gateway(tmp_path, refused=Refused()):
            pass
