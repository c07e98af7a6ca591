"""The example of asks does on every platform what it says."""

from pathlib import Path

from gateway.loading import load_bot
from tests.contract.reading import hears, reads
from tests.contract.world import File, World
from tests.support.bot import running_bot


async def test_the_example_of_asks(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "asks.py"), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "Say")
        await world.reply(post, "order")
        await reads(world, post, "What name shall be on it?")
        await world.reply(post, "Ada L.")
        question = await reads(world, post, "Which size?")
        assert question.buttons == ("Small, 5 €", "Large, 9 €")
        await world.click(question, "Large, 9 €")
        await reads(world, post, "And the text, as a file?")
        await world.reply(post, "", files=[File("cat.png", b"\x89PNG", "image/png")])
        await hears(world, "not accepted", post)
        await world.reply(post, "", files=[File("text.txt", b"of three words", "text/plain")])
        confirm = await reads(world, post, "A large print for 9.00 €.")
        await world.click(confirm, "Fill in")
        form = await world.wait_for(world.form)
        assert form is not None and form.values[:2] == ("Ada L.", "3")
        await world.submit({"Name": "Grace", "Gift": True})
        await world.wait_for(lambda: world.form() is None)
        await world.click(confirm, "Submit")
        await reads(world, post, "as a gift.")
