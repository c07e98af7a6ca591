"""Kills at random points under load, then an account of every message: lost 0, doubled 0."""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress

import pytest

from tests.support.process import BotProcess
from tests.system.reading import from_bot, texts

KILLS = int(os.environ.get("CHAOS_KILLS", "30"))

BOT = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"got {message.content}").send()
        if message.content.endswith("s"):
            answer = cl.Message()
            for word in ("streamed ", message.content):
                await answer.stream_token(word)
                await cl.sleep(0.01)
            await answer.send()
        else:
            await cl.sleep(0.02)
            await cl.Message(f"then {message.content}").send()
"""


@pytest.mark.timeout(240)  # on a machine that is busy with other things, too
async def test_random_kills_under_load_lose_and_double_nothing(slack, tmp_path):
    # Long enough for a machine on which a start takes longer than the time until the next kill.
    slack.deliveries.retry_delays = (0.1, 0.3, 0.5, 1, 1, 2, 2, *[4] * 20)
    chance = random.Random(os.environ.get("CHAOS_SEED", "7"))
    posted: list[str] = []
    roots: list[str] = []
    done = asyncio.Event()

    async def load() -> None:
        while not done.is_set():
            name = f"m{len(posted)}{chance.choice('st')}"
            posted.append(name)
            joined = [root for root in roots[-8:] if from_bot(slack, "general", root)]
            if joined and chance.random() < 0.6:  # people go on without a mention once the bot is in the thread
                await slack.post("general", name, thread_ts=chance.choice(joined))
            else:
                roots.append(await slack.post("general", f"@gateway {name}"))
            await asyncio.sleep(chance.uniform(0.01, 0.08))  # the load itself: a person types at random times

    async with BotProcess(tmp_path, BOT, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        loading = asyncio.create_task(load())
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 0.5))  # the point of the kill is random by design
            await bot.restart()
        done.set()
        await loading

        def everything() -> bool:
            said = texts(slack, "general")
            return len(said) >= 2 * len(posted)

        with suppress(TimeoutError):  # the account below says what is missing
            await slack.wait_for(everything, 60)
        await slack.settled(60)
    wanted = Counter(
        line for name in posted for line in (f"got {name}", f"streamed {name}" if name[-1] == "s" else f"then {name}")
    )
    said = Counter(texts(slack, "general"))
    assert {"lost": wanted - said, "doubled": said - wanted} == {"lost": Counter(), "doubled": Counter()}
    assert len(posted) > KILLS
