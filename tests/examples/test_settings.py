"""The example of settings does on every platform what it says."""

from pathlib import Path

from gateway.loading import load_bot
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import running_bot


async def test_the_example_of_settings(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "settings.py"), tmp_path):
        post = await world.dm("hi")
        await reads(world, post, "Hello, you!")
        offer = await reads(world, post, "You can change the settings of this chat")
        await world.click(offer, "Settings")
        await world.wait_for(world.form)
        await world.submit({"Language": "Spanish", "How often": 2, "Loud": True, "Your name": "Ada"})
        await reads(world, post, "in Spanish.")
        await world.reply(post, "hi")
        await reads(world, post, "HOLA HOLA, ADA!")
