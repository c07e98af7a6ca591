"""A mention arrives as two events; the first one may lack what the second, or only the platform's API, has."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from adapters.slack.adapter import SlackAdapter
from gateway.adapter import AdapterContext
from gateway.drivers.slack.reading import said, texts
from gateway.emulators.common.values import JSON
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import Envelope, Event, MessageCreated, RemoteFile
from tests.slack.world import SlackWorld, settings_for
from tests.support.bot import register, running_bot


class Completing(SlackAdapter):
    """Takes a message without files to be partial, and finds its files when it is asked."""

    rest: tuple[RemoteFile, ...] = ()
    asked = 0

    def parse(self, envelope: Envelope) -> Event | None:
        event = super().parse(envelope)
        return replace(event, partial=not event.files) if isinstance(event, MessageCreated) else event

    async def complete(self, message: MessageCreated) -> MessageCreated:
        self.asked += 1
        return replace(message, files=self.rest, partial=False)


class CompletingWorld(SlackWorld):
    """Its adapter is ``Completing``."""

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> SlackAdapter:
        self.made = Completing(settings_for(self.slack), context)
        return self.made


async def twins(slack: SlackEmulator) -> tuple[JSON, JSON]:
    """The two events of a mention with a picture, the ``app_mention`` without it. The bot is not there yet."""
    ts = await slack.post("general", "@gateway what is this?", files=[("photo.png", b"\x89PNG\r", "image/png")])
    await slack.settled()  # nobody takes them
    message, mention = (
        next(dict(d.envelope["event"]) for d in slack.deliveries.of(ts) if d.envelope["event"]["type"] == kind)
        for kind in ("message", "app_mention")
    )
    mention.pop("files", None)
    return mention, message


def listing(*, hold: asyncio.Event | None = None, heard: asyncio.Event | None = None) -> Any:
    """A bot that says what it got; it begins when ``hold`` is set."""

    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            if hold is not None:
                await hold.wait()

        @cl.on_message
        async def main(message: cl.Message) -> None:
            names = [f"{element.name} {element.mime} {type(element).__name__}" for element in message.elements]
            await cl.Message(f"got {names}").send()
            if heard is not None:
                await heard.wait()

    return register(bot)


PICTURE = "got ['photo.png image/png Image']"


@pytest.mark.parametrize("mention_first", [True, False])
async def test_the_files_of_a_mention_reach_the_handler_whichever_event_comes_first(
    slack: SlackEmulator, tmp_path: Path, mention_first: bool
) -> None:
    events = list(await twins(slack))
    if not mention_first:
        events.reverse()
    hold = asyncio.Event()
    async with running_bot(slack, listing(hold=hold), tmp_path):
        for event in events:
            await (await slack.emit(event)).done.wait()
        hold.set()
        await said(slack, "general", "got ")
    assert texts(slack, "general") == [PICTURE]


async def test_what_the_twin_added_is_there_after_a_crash(slack: SlackEmulator, tmp_path: Path) -> None:
    mention, message = await twins(slack)
    hold = asyncio.Event()
    async with running_bot(slack, listing(hold=hold), tmp_path, drain_timeout=0.0):
        for event in (mention, message):
            await (await slack.emit(event)).done.wait()
    hold.set()
    async with running_bot(slack, listing(hold=hold), tmp_path):
        await said(slack, "general", "got ")
    assert texts(slack, "general") == [PICTURE]


async def test_a_turn_that_has_begun_does_not_run_twice(slack: SlackEmulator, tmp_path: Path) -> None:
    mention, message = await twins(slack)
    slack.team.scopes -= {"channels:history"}  # nobody can look for what the mention lacks
    heard = asyncio.Event()
    async with running_bot(slack, listing(heard=heard), tmp_path):
        await slack.emit(mention)
        await said(slack, "general", "got ")
        await (await slack.emit(message)).done.wait()
        heard.set()
    assert texts(slack, "general") == ["got []"]


async def test_a_partial_message_waits_for_its_twin(slack: SlackEmulator, tmp_path: Path) -> None:
    mention, message = await twins(slack)
    world = CompletingWorld(slack)
    async with running_bot(world, listing(), tmp_path):
        await (await slack.emit(mention)).done.wait()
        await slack.emit(message)
        await said(slack, "general", "got ")
    assert texts(slack, "general") == [PICTURE]
    assert world.made.asked == 0


async def test_the_platform_is_asked_for_the_rest_where_no_twin_comes(slack: SlackEmulator, tmp_path: Path) -> None:
    mention, message = await twins(slack)
    world = CompletingWorld(slack)
    [file] = message["files"]
    async with running_bot(world, listing(), tmp_path):
        rest = RemoteFile(
            id=file["id"], name="photo.png", mime="image/png", url=file["url_private"], workspace=slack.team.id
        )
        world.made.rest = (rest,)
        await slack.emit(mention)
        await said(slack, "general", "got ")
    assert texts(slack, "general") == [PICTURE]
    assert world.made.asked == 1


async def test_an_ask_for_a_file_is_answered_by_a_mention_that_lacks_it(slack: SlackEmulator, tmp_path: Path) -> None:
    """Where the app hears of mentions alone, no twin comes: the file is asked for while the turn waits for it."""
    got: list[Any] = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            got.append(await cl.AskFileMessage("A picture?", ["image/*"], timeout=8).send())
            await cl.Message("done").send()

    slack.team.events.discard("message.channels")
    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway go")
        await said(slack, "general", "A picture?", thread=root)
        photo = slack.add_file("photo.png", b"\x89PNG\r", "image/png", bare=True)
        await slack.post("general", "@gateway here", thread_ts=root, files=[photo])
        await said(slack, "general", "done", thread=root)
    assert [file.name for [file] in got] == ["photo.png"]
