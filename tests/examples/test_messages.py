"""The example of messages does on every platform what it says."""

from pathlib import Path

from gateway.loading import load_bot
from tests.contract.reading import reads, texts
from tests.contract.world import World
from tests.support.bot import running_bot


async def test_the_example_of_messages(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "messages.py"), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Say")
        await world.reply(post, "stream")
        await reads(world, post, "and the next one can be, too.")
        await world.reply(post, "edit")
        await reads(world, post, "42")
        assert not any("Counting" in text for text in texts(world, post))
        await world.reply(post, "remove")
        await reads(world, post, "It is gone.")
        assert not any("goes away" in text for text in texts(world, post))
        await world.reply(post, "code")
        code = await reads(world, post, "def greet(name: str) -> str:")
        assert "Grace" in (code.author or code.text)
        await world.reply(post, "sources")
        await reads(world, post, "Water boils at 100 °C")
