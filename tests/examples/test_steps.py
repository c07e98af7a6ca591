"""The example of steps does on every platform what it says."""

from pathlib import Path

from gateway.loading import load_bot
from tests.contract.reading import plan_words, planned, reads
from tests.contract.world import World
from tests.support.bot import running_bot

TEA = "Tea is made with water of 80 to 100 °C."
COFFEE = "Coffee is made with water of 92 to 96 °C."


async def test_the_example_of_steps(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "steps.py"), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Say")
        await world.reply(post, "research")
        await planned(
            world, post, f"✅ research: {TEA} {COFFEE}", f"✅ read: Tea → {TEA}", f"✅ read: Coffee → {COFFEE}",
            f"✅ write: {TEA} {COFFEE}",
        )  # fmt: skip
        await world.reply(post, "order")
        await reads(world, post, "Paid 250 cents, receipt 4711.")
        await planned(world, post, "✅ pay: 4711")
        await world.reply(post, "plan")
        done = await planned(world, post, "✅ Boil water", "✅ Pour it", "✅ Wait")
        await world.wait_for(lambda: "Done" in plan_words(next(m for m in world.said(post.place) if m.id == done.id)))
