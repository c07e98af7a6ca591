"""Threads that a data layer gives back, and layers that do not give them."""

import asyncio
from typing import Any

import pytest

from gateway.outbox import LayerSource
from gateway.outbox.threads import LayerThreads
from gateway.runtime.calling import HandlerExit
from tests.support.layers import DictLayer


class Stubborn(DictLayer):
    """Goes on when it is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def get_thread(self, thread_id: str) -> Any:
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                continue


class Plain(DictLayer):
    """Has a method that is not asynchronous."""

    def get_thread(self, thread_id: str) -> Any:
        return {"id": thread_id, "steps": [{"output": "a"}, {"output": "b"}]}


async def test_a_layer_that_ignores_its_cancellation_is_not_waited_for() -> None:
    layer = Stubborn()
    source = LayerSource(lambda: layer, None, timeout=5)
    await source.open()
    with pytest.raises(TimeoutError):
        await LayerThreads(source, timeout=0.01).thread("t", limit=10, characters=100)
    layer.let_go.set()
    await source.close()


async def test_a_method_that_is_not_asynchronous_works_too() -> None:
    source = LayerSource(Plain, None, timeout=5)
    await source.open()
    thread = await LayerThreads(source, timeout=5).thread("t", limit=1, characters=100)
    assert thread is not None and thread["steps"] == [{"output": "b"}]
    await source.close()


async def test_a_layer_that_would_end_the_process_has_failed() -> None:
    layer = DictLayer()
    layer.away = SystemExit(3)
    source = LayerSource(lambda: layer, None, timeout=5)
    await source.open()
    with pytest.raises(HandlerExit, match="SystemExit: 3"):
        await LayerThreads(source, timeout=5).thread("t", limit=1, characters=100)
    await source.close()
