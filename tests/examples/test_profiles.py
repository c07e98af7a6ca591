"""The example of profiles, starters and commands does on every platform what it says."""

from pathlib import Path

from gateway.loading import load_bot
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import running_bot


async def test_the_example_of_profiles(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "profiles.py"), tmp_path):
        post = await world.mention("hello")
        await reads(world, post, "The cook heard: hello")
        await world.reply(post, "/menu soup")
        await reads(world, post, "There is tomato soup, onion soup.")
        await world.click(await reads(world, post, "You can ask, for example:"), "A soup")
        await reads(world, post, "The cook heard: Cook me a soup")
        await world.click(await reads(world, post, "Whom do you want to talk to?"), "Smith")
        await world.wait_for(lambda: any("✓ Smith" in said.buttons for said in world.said(post.place)))
        await world.reply(post, "/menu tools")
        await reads(world, post, "There is tools for the garden.")
        await world.reply(post, "/menu soup")
        await reads(world, post, "There is nothing of that kind.")
