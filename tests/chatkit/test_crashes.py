"""The process dies under open streams: people who come back find each answer whole and once."""

from pathlib import Path

from tests.contract.crashes import LivingBot
from tests.contract.reading import counted, reads, texts
from tests.contract.world import Post, World

BOT = """
    import pathlib

    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"got {message.content}").send()
        answer = cl.Message()
        await answer.stream_token("one ")
        if not pathlib.Path(message.content).exists():
            pathlib.Path(message.content).touch()
            await cl.sleep(60)
        await answer.stream_token(message.content)
        await answer.send()
        await cl.Message("end").send()
"""


async def begins(world: World, post: Post) -> None:
    """Wait until the first word of an answer is the last that is seen."""
    await world.wait_for(lambda: any(said.text == "one" for said in world.said(post.place)[-1:]))


async def test_killed_while_answers_are_written_each_stands_whole_and_once(world: World, tmp_path: Path) -> None:
    async with LivingBot(world, tmp_path, BOT) as bot:
        posts = [await world.mention(f"m{n}") for n in range(3)]
        for post in posts:
            await begins(world, post)
        await bot.restart()
        for n, post in enumerate(posts):
            await reads(world, post, "end", timeout=30)
            assert texts(world, post) == [f"got m{n}", f"one m{n}", "end"]
            await world.reply(post, f"more{n}x")
            await begins(world, post)
        await bot.restart()
        for n, post in enumerate(posts):
            await reads(world, post, f"one more{n}x", timeout=30)
            assert (await counted(world, post, 6))[3:] == [f"got more{n}x", f"one more{n}x", "end"]
