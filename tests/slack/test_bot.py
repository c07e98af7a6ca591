"""A bot in Slack, from what people send to what its handlers get: what only Slack has."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from tests.contract.crashes import LivingBot
from tests.contract.reading import reads
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with slack_world() as world:
        yield world.slack


def telling() -> Any:
    """A bot that says what it got."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            files = [f"{type(each).__name__} {each.name} {each.mime}" for each in message.elements]
            await cl.Message(f"got {message.content!r} {files}").send()

    return register(bot)


def asking(accept: list[str], got: list[Any]) -> Any:
    """A bot that asks for a file."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            got.append(await cl.AskFileMessage("Your file?", accept=accept).send())
            await cl.Message("thanks").send()

    return register(bot)


@pytest.mark.parametrize("written", ["@gateway: /stop", "@gateway, /stop", "@gateway:/stop", "@gateway /stop"])
async def test_a_colon_or_comma_behind_the_bots_name_is_no_part_of_a_command(
    slack: SlackEmulator, tmp_path: Path, written: str
) -> None:
    stopped = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message("")
            await answer.stream_token(f"heard {message.content} ")
            await asyncio.Event().wait()

        @cl.on_stop
        async def stop() -> None:
            stopped.set()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway go on")
        await slack.wait_for(lambda: [m for m in from_bot(slack, "general", root) if "heard" in shown(m)])
        await slack.post("general", written, thread_ts=root)
        await asyncio.wait_for(stopped.wait(), 10)
    assert [shown(m).strip() for m in from_bot(slack, "general", root)] == ["heard go on"]


async def test_a_colon_behind_the_bots_name_begins_anew_or_is_left_out(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, telling(), tmp_path):
        root = await slack.post("general", "@gateway: hello")
        await said(slack, "general", "got 'hello' []")
        await slack.post("general", "@gateway, /new", thread_ts=root)
        await said(slack, "general", "Started a new conversation")


KEPT: list[tuple[dict[str, Any], str]] = [
    (
        {"mode": "external", "is_external": True, "url_private": "https://docs.example.com/d/1"},
        "I could not read Plan: it is kept at docs.example.com, outside Slack",
    ),
    ({"mode": "hidden_by_limit", "url_private": ""}, "I could not read Plan: Slack hides it"),
    ({"mode": "tombstone", "url_private": ""}, "I could not read Plan: it was deleted in Slack"),
]


@pytest.mark.parametrize(("fields", "told"), KEPT)
async def test_the_person_reads_why_a_file_cannot_be_had(
    slack: SlackEmulator, tmp_path: Path, fields: dict[str, Any], told: str
) -> None:
    file = slack.add_file("Plan", b"", "application/vnd.google-apps.document", url_private_download="", **fields)
    async with running_bot(slack, telling(), tmp_path):
        await slack.post(slack.dm.id, "look", files=[file])
        await said(slack, slack.dm.id, told)
        await said(slack, slack.dm.id, "got 'look' []")


async def test_a_canvas_reaches_the_handler(slack: SlackEmulator, tmp_path: Path) -> None:
    canvas = slack.add_file(
        "Spec", b"<h1>Spec</h1>", "application/vnd.slack-docs", mode="quip", filetype="quip", size=90
    )
    canvas.served_as = "text/html"
    async with running_bot(slack, telling(), tmp_path):
        await slack.post(slack.dm.id, "sum up", files=[canvas])
        await said(slack, slack.dm.id, "got 'sum up' ['File Spec text/html']")


async def test_a_file_known_by_its_id_only_is_an_image(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, telling(), tmp_path):
        await slack.post(slack.dm.id, "look", files=[slack.add_file("pic.png", b"\x89PN", "image/png", bare=True)])
        await said(slack, slack.dm.id, "got 'look' ['Image pic.png image/png']")


ANSWERS: list[tuple[list[str], tuple[str, bytes, str], dict[str, Any], str]] = [
    (["image/*"], ("pic.png", b"\x89PN", "image/png"), {"bare": True}, "image/png"),
    (["text/markdown"], ("notes.md", b"# a\n", "text/plain"), {"filetype": "markdown"}, "text/plain"),
    (["text/csv"], ("a.csv", b"a;b\n", "text/plain"), {"filetype": "csv"}, "text/plain"),
    (["audio/*"], ("audio_message.mp4", b"1234567", "video/mp4"), {"subtype": "slack_audio"}, "audio/mp4"),
]


@pytest.mark.parametrize(("accept", "file", "fields", "mime"), ANSWERS)
async def test_an_ask_takes_a_file_by_what_it_is(
    slack: SlackEmulator,
    tmp_path: Path,
    accept: list[str],
    file: tuple[str, bytes, str],
    fields: dict[str, Any],
    mime: str,
) -> None:
    got: list[Any] = []
    async with running_bot(slack, asking(accept, got), tmp_path):
        await slack.post(slack.dm.id, "go")
        await said(slack, slack.dm.id, "Your file?")
        await slack.post(slack.dm.id, "", files=[slack.add_file(*file, **fields)])
        await said(slack, slack.dm.id, "thanks")
    [[answer]] = got
    assert (answer.name, answer.type, Path(answer.path).read_bytes()) == (file[0], mime, file[1])


@pytest.mark.parametrize("order", ["mention_first", "message_first"])
@pytest.mark.parametrize("lacks", [{"files"}, {"files", "blocks", "upload"}])
async def test_the_files_of_a_mention_arrive_whichever_event_comes_first(
    tmp_path: Path, order: Any, lacks: set[str]
) -> None:
    async with slack_world(twin_order=order) as world:
        slack = world.slack
        slack.backend.events.mention_lacks = frozenset(lacks)
        async with running_bot(slack, telling(), tmp_path):
            await slack.post("general", "@gateway what is this?", files=[("photo.png", b"\x89PNG\r", "image/png")])
            await said(slack, "general", "got 'what is this?' ['Image photo.png image/png']")
            await slack.settled()
        assert len(texts(slack, "general")) == 1
        assert slack.calls_to("conversations.replies") == []


async def test_the_files_of_a_mention_are_looked_up_where_no_second_event_comes(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    slack.team.events -= {"message.channels"}
    slack.backend.events.mention_lacks = frozenset({"files", "blocks"})
    async with running_bot(slack, telling(), tmp_path):
        await slack.post("general", "@gateway what is this?", files=[("photo.png", b"\x89PNG\r", "image/png")])
        await said(slack, "general", "got 'what is this?' ['Image photo.png image/png']")
    assert len(slack.calls_to("conversations.replies")) == 1


async def test_slackbot_is_no_person(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, telling(), tmp_path):
        for channel, kind in ((slack.dm.id, "message"), (slack.general.id, "app_mention")):
            text = f"Reminder: <@{slack.team.bot.id}> water the plants"
            event = {"type": kind, "channel": channel, "user": "USLACKBOT", "ts": slack.world.clock.ts(), "text": text}
            await (await slack.emit(event)).done.wait()
        await slack.post(slack.dm.id, "and me?")
        await said(slack, slack.dm.id, "got 'and me?' []")
    assert texts(slack, slack.dm.id) == ["got 'and me?' []"]
    assert texts(slack, "general") == []


@pytest.mark.parametrize("how", ["archived", "deleted", "removed"])
async def test_the_threads_of_a_channel_end_with_it(slack: SlackEmulator, tmp_path: Path, how: str) -> None:
    ended = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("yes").send()

        @cl.on_chat_end
        async def end() -> None:
            ended.set()

    channel = slack.add_channel("plans", members=[slack.ada.id, slack.team.bot.id])
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(channel.id, "@gateway hello")
        await said(slack, channel.id, "yes")
        match how:
            case "archived":
                await slack.archive(channel.id)
            case "deleted":
                await slack.delete_channel(channel.id)
            case _:
                await slack.remove_bot(channel.id)
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_forwarded_alert_is_quoted_below_the_question_with_its_files(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    heard: list[cl.Message] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            heard.append(message)
            await cl.Message("yes").send()

    log_file = slack.add_file("a.log", b"full", "text/plain")
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*db1* at 99 %"}}
    inside = {"channel": "C2", "ts": "1.1", "message": {"blocks": [section]}}
    alert = {"is_share": True, "author_name": "Alertbot", "ts": "1.1", "text": "Alert", "message_blocks": [inside]}
    async with running_bot(slack, register(bot), tmp_path):
        files = [log_file.wire(slack.world.base)]
        await slack.post(slack.dm.id, "why?", attachments=[{**alert, "files": files}])
        await said(slack, slack.dm.id, "yes")
        await slack.post("general", "@gateway /stop", attachments=[alert])
        await slack.settled()
    [message] = heard
    assert message.content == "why?\n\n> **Alertbot:**\n> Alert\n>\n> **db1** at 99 %"
    assert [each.name for each in message.elements] == ["a.log"]
    [told] = message.metadata["references"]
    assert (told["kind"], told["author"], told["message_id"]) == ("forward", "Alertbot", "1.1")


async def test_a_reaction_to_a_reply_reaches_the_thread_also_after_a_restart(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    got: list[Any] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("heard").send()

        @cl.on_reaction
        async def reaction(reaction: cl.Reaction) -> None:
            got.append((reaction.message_id, reaction.emoji))
            await cl.Message(f"thanks for {reaction.emoji}").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway hello")
        await said(slack, "general", "heard", thread=root)
        reply = await slack.post("general", "and more", thread_ts=root)
        await slack.wait_for(lambda: len(texts(slack, "general", root)) == 2)
        await slack.react("general", reply, "eyes")
        await said(slack, "general", "thanks for eyes", thread=root)
        other = await slack.post("general", "small talk")
        await slack.react("general", other, "tada")
        await slack.settled()
    async with running_bot(slack, register(bot), tmp_path):
        await slack.react("general", reply, "tada")
        await said(slack, "general", "thanks for tada", thread=root)
    assert got == [(reply, "eyes"), (reply, "tada")]


SLOW_ONCE = """
    import pathlib
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        begun = pathlib.Path("begun")
        if not begun.exists():
            begun.touch()
            await cl.sleep(60)
        await cl.Message("quick this time").send()
"""


async def test_what_a_dead_process_said_of_its_work_is_taken_back(tmp_path: Path) -> None:
    """Slack shows a session that is being worked on, with its stop button, until the app says otherwise."""
    async with slack_world() as world, LivingBot(world, tmp_path, SLOW_ONCE) as bot:
        post = await world.mention("hello")
        await world.wait_for(lambda: world.working(post.place))
        await bot.kill()
        await bot.start()
        await reads(world, post, "quick this time", timeout=20)
        await world.wait_for(lambda: not world.working(post.place))
