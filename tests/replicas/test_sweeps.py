"""What no replica runs is looked for once more when a wake comes during a look."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.chatkit.client import KEY
from tests.support.replicas import chatkit_replicas


async def test_a_wake_during_a_look_is_followed_by_another_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gateway.ingress.dispatcher.SHARED_POLL_EVERY", 3_600)
    looking, go, looked_again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("hi").send()

    async with chatkit_replicas(bot, tmp_path, number=1) as (replica,):
        running: Any = replica.gateway
        store = running.store
        pending = store.pending

        async def slow(*, conversation: str | None = None, **rest: Any) -> Any:
            found = await pending(conversation=conversation, **rest)
            if conversation is None:
                (looked_again if looking.is_set() else looking).set()
                await go.wait()
            return found

        monkeypatch.setattr(store, "pending", slow)
        dispatcher = running._parts.dispatcher
        dispatcher.woken(None)
        await looking.wait()
        dispatcher.woken(None)
        go.set()
        async with asyncio.timeout(10):
            await looked_again.wait()
