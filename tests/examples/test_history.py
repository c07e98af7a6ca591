"""The example of history, reactions and feedback does on every platform what it says."""

from pathlib import Path

from gateway.adapter import extras
from gateway.loading import load_bot
from tests.contract.reading import reads
from tests.contract.world import Post, World
from tests.support.bot import running_bot


async def test_the_example_of_history(world: World, tmp_path: Path, examples: Path) -> None:
    async with running_bot(world, load_bot(examples / "history.py"), tmp_path):
        post = await world.mention("good morning")
        seen = await reads(world, post, "I have seen: good morning")
        await world.reply(post, "model")
        await reads(world, post, "A model would get 3 messages, the first is “good morning”.")
        await world.reply(post, "history")
        listed = await reads(world, post, "You said: history")
        assert "You said: good morning" in listed.text and "I said: I have seen: good morning" in listed.text
        await world.react(Post(seen.id, seen.place))
        await reads(world, post, f"put {world.facts.emoji} on a message.")
        await world.thumbs(seen, up=True)
        await reads(world, post, "Glad you liked it.")
        await world.thumbs(seen, up=False)
        await reads(world, post, "What was wrong?")
    async with running_bot(world, load_bot(examples / "history.py"), tmp_path):
        await world.reply(post, "are you there?")
        await reads(world, post, "We were at “About: good morning”. You last said: history")
        await reads(world, post, "I have seen: are you there?")
        if extras.SupportsTitles in world.facts.extras:
            assert world.title(post.place) == "About: good morning"
