"""A bot whose conversations are read and changed by the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import gateway as cl
from tests.chatkit.client import KEY, bearer, connected
from tests.chatkit.conftest import running


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        elements = [cl.Text(name="notes.txt", content="the notes")] if "notes" in message.content else []
        await cl.Message(f"You said: {message.content}", elements=elements).send()


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a gateway in which Ada has written twice and Bob once."""
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    monkeypatch.chdir(tmp_path)
    async with running(bot, tmp_path) as url:
        async with connected(url) as ada, connected(url, "bob") as bob:
            thread = await ada.send("the first words")
            await ada.send("and notes", thread)
            await ada.send("100% sure_thing")
            await bob.send("Bob's words")
        async with httpx.AsyncClient(base_url=f"{url}/v1", headers=bearer(KEY), timeout=20) as http:
            yield http
