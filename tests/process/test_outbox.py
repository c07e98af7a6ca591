"""``gateway outbox``: what a data layer refuses is listed and dropped beside the running gateway."""

import asyncio
from pathlib import Path

from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.process.test_cli import fails, gateway
from tests.support.process import BotProcess

SOURCE = """
    import gateway as cl
    from tests.support.layers import DictLayer

    class Layer(DictLayer):
        async def create_step(self, step_dict):
            if "poison" in step_dict["output"]:
                raise RuntimeError("this text is not taken")
            with open("taken", "a") as taken:
                taken.write(step_dict["output"] + "\\n")

    @cl.data_layer
    def layer():
        return Layer()

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"re {message.content}").send()
"""


async def test_what_is_refused_is_listed_and_dropped_and_the_rest_goes_on(slack: SlackEmulator, tmp_path: Path) -> None:
    def outbox(*arguments: str) -> "asyncio.Future[str]":
        return asyncio.ensure_future(asyncio.to_thread(lambda: gateway("outbox", *arguments, cwd=tmp_path).stdout))

    async with BotProcess(tmp_path, SOURCE, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        first = await slack.post("general", "@gateway poison")
        await said(slack, "general", "re poison")
        await slack.post("general", "behind it", thread_ts=first)
        await said(slack, "general", "re behind it")
        async with asyncio.timeout(20):
            while "this text is not taken" not in (listed := await outbox("list")):
                pass
        number = listed.split()[0]
        assert "waiting" in listed.splitlines()[-1]
        fails(await asyncio.to_thread(gateway, "outbox", "drop", "777", cwd=tmp_path), "777")
        assert "1 dropped" in await outbox("drop", number)
        async with asyncio.timeout(70):
            while "nothing waits" not in await outbox("list"):
                pass
    assert (tmp_path / "taken").read_text().splitlines() == ["behind it", "re behind it"]
