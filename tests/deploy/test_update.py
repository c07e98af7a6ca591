"""An update of three replicas behind the proxy that is shipped, one after the other, while people write."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from gateway.drivers.slack.reading import eventually, texts
from gateway.emulators.slack.emulator import SlackEmulator
from tests.deploy.files import KUBERNETES
from tests.deploy.proxy import proxied
from tests.support.postgres import database
from tests.support.process import BotProcess
from tests.support.slack import slack

__all__ = ["slack"]

CONVERSATIONS = 3


async def ready(replica: BotProcess) -> None:
    """Wait until a replica is ready, and the proxy has had the time to see it."""
    async with httpx.AsyncClient(base_url=replica.url) as http:

        async def look() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await eventually(look, timeout=20)


class Conversation:
    """A person who writes one message after another in one thread, each when the last one was answered."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._slack = slack
        self.root = ""
        self.written = 0
        self.over = False

    async def go_on(self) -> None:
        """Write until it is ``over``."""
        while not self.over:
            self.written += 1
            text = f"@gateway {self.written}"
            ts = await self._slack.post("general", text, thread_ts=self.root or None)
            self.root = self.root or ts
            await self._slack.wait_for(lambda: len(self.answers()) >= self.written, timeout=30)

    def answers(self) -> list[str]:
        """What the bot said in the thread."""
        return texts(self._slack, "general", self.root)

    async def came_by(self, more: int) -> None:
        """Wait until it has gone on for some messages."""
        enough = self.written + more
        await self._slack.wait_for(lambda: self.written >= enough, timeout=30)


@pytest.mark.timeout(180)
async def test_an_update_loses_no_webhook_and_nobody_notices_it(slack: SlackEmulator, tmp_path: Path) -> None:
    bot = (KUBERNETES / "bot.py").read_text(encoding="utf-8")
    async with database() as url, AsyncExitStack() as stack:
        shared = {
            **slack.environment(),
            "DATABASE_URL": url.replace("+asyncpg", ""),
            "BLOB_URL": f"file://{tmp_path}/blobs",
        }
        replicas: list[BotProcess] = []
        for name in ("gateway", "gateway-2", "gateway-3"):
            (tmp_path / name).mkdir()
            replicas.append(BotProcess(tmp_path / name, bot, shared))
        await asyncio.gather(*(stack.enter_async_context(each) for each in replicas))  # on an empty database
        site = await stack.enter_async_context(proxied(tmp_path, (each.port for each in replicas)))
        await asyncio.gather(*(ready(each) for each in replicas))
        slack.deliver_to(site)

        conversations = [Conversation(slack) for _ in range(CONVERSATIONS)]
        async with asyncio.TaskGroup() as people:
            for each in conversations:
                people.create_task(each.go_on())
            for replica in replicas:
                await asyncio.gather(*(each.came_by(3) for each in conversations))
                assert await replica.terminate() == 0
                await replica.start()
                await ready(replica)
            await asyncio.gather(*(each.came_by(3) for each in conversations))
            for each in conversations:
                each.over = True
        await slack.settled()

        attempts = [[attempt.status for attempt in delivery.attempts] for delivery in slack.deliveries.log.values()]
        assert [each for each in attempts if each != [200]] == []
        for each in conversations:
            assert each.answers() == [f"Message {n}: {n}" for n in range(1, each.written + 1)]
