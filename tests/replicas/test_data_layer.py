"""A data layer of the bot's own, to which one replica delivers what all of them leave."""

import asyncio
from pathlib import Path

import pytest

import gateway as cl
from gateway.outbox import deliverer
from tests.chatkit.client import KEY, connected
from tests.replicas.test_chatkit import on
from tests.support.layers import DictLayer
from tests.support.replicas import chatkit_replicas


@pytest.fixture(autouse=True)
def api_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deliverer, "STAND_BY", 0.1)


async def test_what_all_replicas_leave_is_delivered_by_one_and_by_the_next_when_that_one_ends(tmp_path: Path) -> None:
    layers: list[DictLayer] = []

    def bot() -> None:
        layer = DictLayer()
        layers.append(layer)
        cl.data_layer(lambda: layer)

        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

    async with (
        chatkit_replicas(bot, tmp_path) as replicas,
        connected(replicas[0].url) as client,
        on(replicas[1], client) as elsewhere,
    ):
        at = await leader(replicas[0].gateway._parts.deliverer, replicas[1].gateway._parts.deliverer)
        await client.send("one")
        await elsewhere.send("two")
        await layers[at].until(lambda: sorted(layers[at].said("assistant_message")) == ["re one", "re two"])
        await replicas[at].gateway.__aexit__()
        await (elsewhere, client)[at].send("three")
        other = layers[1 - at]
        await other.until(lambda: other.said("assistant_message") == ["re three"])
        assert "re three" not in layers[at].said()


async def leader(*deliverers: deliverer.Deliverer) -> int:
    """Wait until one of them delivers, and return which."""
    async with asyncio.timeout(10):
        while not any(each._leadership.held for each in deliverers):
            await asyncio.sleep(0.02)
    return [each._leadership.held for each in deliverers].index(True)
