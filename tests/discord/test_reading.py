"""What people send, over the wire: replies and forwards with what they refer to, untyped files, embeds, polls."""

from pathlib import Path

import gateway as cl
from gateway.emulators.discord.people import UNTYPED
from tests.contract.harness import AdapterHarness
from tests.contract.reading import reads
from tests.contract.world import File, Post
from tests.discord.world import DiscordWorld
from tests.support.bot import register, running_bot

ALARM = {
    "type": "rich",
    "title": "Queue is long",
    "description": "412 jobs",
    "fields": [{"name": "Where", "value": "eu"}],
}


async def test_a_reply_in_a_channel_brings_the_message_it_is_about(
    world: DiscordWorld, harness: AdapterHarness
) -> None:
    discord = world.discord
    notes = File("notes.txt", b"4711", "text/plain")
    about = await discord.post("general", "The release waits for ticket 4711", user=discord.grace.id, files=[notes])
    id = await discord.post("general", "@gateway what is that?", reply_to=about, ping=False)
    event = await harness.take(Post(id, world.place_of(id)))
    assert event.text == "what is that?"
    [reply] = event.references
    assert (reply.kind, reply.message_id, reply.author) == ("reply", about, "Grace")
    assert reply.text == "The release waits for ticket 4711"
    [file] = reply.files
    assert await harness.collect(file) == b"4711"
    # Its address ends after a day; the message it is in leads to another one.
    assert (file.extra["message"], file.extra["channel"]) == (about, discord.general.id)


async def test_a_reply_to_what_was_deleted_meanwhile_names_it(world: DiscordWorld, harness: AdapterHarness) -> None:
    discord = world.discord
    about = await discord.post(discord.dm.id, "gone soon")
    await harness.take(Post(about, world.place_of(about, discord.dm.id)))
    id = await discord.post(discord.dm.id, "and?", reply_to=about)
    event = await harness.take(Post(id, world.place_of(id, discord.dm.id)))
    assert [(each.kind, each.text) for each in event.references] == [("reply", "gone soon")]
    await discord.delete_message(discord.dm.id, about)
    discord.redeliver(discord.dm.id, id)
    await world.settled()
    again = discord.message(discord.dm.id, id)
    assert again is not None and again["referenced_message"] is None


async def test_a_forwarded_embed_and_its_files_reach_the_bot(world: DiscordWorld, harness: AdapterHarness) -> None:
    discord = world.discord
    file = File("graph.png", b"\x89PNG", "image/png")
    source = await discord.post("random", "", user=discord.grace.id, files=[file], more={"embeds": [ALARM]})
    id = await discord.forward("random", source, discord.dm.id)
    event = await harness.take(Post(id, world.place_of(id, discord.dm.id)))
    [forward] = event.references
    assert (event.text, event.files, forward.kind, forward.message_id) == ("", (), "forward", source)
    assert forward.text == "**Queue is long**\n412 jobs\n**Where:** eu"
    assert [await harness.collect(each) for each in forward.files] == [b"\x89PNG"]


async def test_a_poll_in_a_direct_message_is_read(world: DiscordWorld, harness: AdapterHarness) -> None:
    poll = {"question": {"text": "Tea?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "Yes"}}]}
    id = await world.discord.post(world.discord.dm.id, "vote", more={"poll": poll})
    event = await harness.take(Post(id, world.place_of(id, world.discord.dm.id)))
    assert (event.text, event.references) == ("vote\n\nTea?\n- Yes", ())


async def test_a_reply_to_the_bots_answer_in_its_thread(world: DiscordWorld, tmp_path: Path) -> None:
    heard: list[str] = []

    def echo() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            heard.append(message.content)
            await cl.Message(f"answer {len(heard)}").send()

    async with running_bot(world, register(echo), tmp_path):
        post = await world.mention("first")
        answer = await reads(world, post, "answer 1")
        assert answer.place.thread is not None
        await world.discord.post(answer.place.thread, "and that?", reply_to=answer.id)
        await reads(world, post, "answer 2")
    assert heard[0] == "first"
    assert "and that?" in heard[1]


async def test_a_text_file_without_a_type_answers_an_ask_for_text(world: DiscordWorld, tmp_path: Path) -> None:
    def asks() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            kinds = ", ".join(f"{each.name} {each.mime}" for each in message.elements)
            await cl.Message(f"got {kinds}").send()
            files = await cl.AskFileMessage("your text?", accept=["text/plain"], timeout=20).send()
            await cl.Message(f"took {files[0].name if files else 'nothing'}").send()

    async with running_bot(world, register(asks), tmp_path):
        files = [File(name, b"x", UNTYPED) for name in ("message.txt", "photo.png", "notes.md")]
        post = await world.dm("read these", files=files)
        await reads(world, post, "got message.txt text/plain, photo.png image/png, notes.md text/markdown")
        await reads(world, post, "your text?")
        await world.dm("", files=[File("message.txt", b"hello", UNTYPED)])
        await reads(world, post, "took message.txt")
