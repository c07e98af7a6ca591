"""What replicas agree on when they start."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import gateway as cl
from gateway.app import Gateway
from gateway.bootstrap import on_real_platforms
from gateway.platforms import registry
from gateway.settings import GatewaySettings
from tests.chatkit.client import KEY
from tests.support.bot import register
from tests.support.postgres import database


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


def replica(url: str, folder: Path, blobs: Path | None) -> Gateway:
    config = GatewaySettings(
        _env_file=None, data_dir=folder, database_url=url, blob_url=None if blobs is None else f"file://{blobs}"
    )
    only = {name: platform for name, platform in registry().items() if name == "chatkit"}
    return Gateway(on_real_platforms(config, register(echo), only))


async def test_replicas_that_start_at_once_on_an_empty_database_sign_with_one_key(tmp_path: Path) -> None:
    async with database() as url:
        replicas = [replica(url, tmp_path / str(each), tmp_path / "blobs") for each in range(3)]
        try:
            await asyncio.gather(*(each.__aenter__() for each in replicas))
            assert len({each._parts.seals.key("links to files") for each in replicas}) == 1
        finally:
            await asyncio.gather(*(each.__aexit__() for each in replicas))


@pytest.mark.parametrize("everywhere", [True, False])
async def test_files_that_are_only_on_this_machine_are_warned_of(tmp_path: Path, everywhere: bool) -> None:
    async with database() as url:
        with capture_logs() as logs:
            async with replica(url, tmp_path, tmp_path / "blobs" if everywhere else None):
                pass
    warned = [each["fix"] for each in logs if each["event"] == "files.only_here"]
    assert [fix.partition(" to ")[0] for fix in warned] == ([] if everywhere else ["set BLOB_URL"])
