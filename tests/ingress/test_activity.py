"""Whoever shows a conversation learns when there is nothing more to come: its turns ended, or wait for an answer."""

import asyncio
from pathlib import Path

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress.activity import ConversationActivity
from gateway.model import ConversationRef
from tests.support.bot import register, running_bot


async def test_a_conversation_rests_at_a_question_and_at_the_end(slack: SlackEmulator, tmp_path: Path) -> None:
    go, begun = asyncio.Event(), asyncio.Event()
    refs: list[ConversationRef] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            platform, workspace, channel, thread = cl.context.conversation.split(":")
            refs.append(ConversationRef(platform=platform, workspace=workspace, channel=channel, thread=thread))
            begun.set()
            await go.wait()
            go.clear()
            answer = await cl.AskUserMessage("Which one?").send()
            await go.wait()
            await cl.Message(f"You took {answer['output'] if answer else None}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        activity = running.activity
        root = await slack.post("general", "@gateway hello")
        await slack.delivered(root)
        await begun.wait()
        rest = asyncio.create_task(activity.until_rest(refs[0]))
        go.set()
        await said(slack, "general", "Which one?", thread=root)
        await asyncio.wait_for(rest, 5)  # the turn waits for the answer
        await slack.delivered(await slack.post("general", "that", thread_ts=root))
        rest = asyncio.create_task(activity.until_rest(refs[0]))
        await asyncio.sleep(0)
        all_rest = asyncio.create_task(activity.until_all_rest())
        await asyncio.sleep(0)
        assert not rest.done() and not all_rest.done()  # the answer is on its way to the turn
        assert activity.waiting is None
        go.set()
        await asyncio.wait_for(rest, 5)
        await asyncio.wait_for(all_rest, 5)
        await said(slack, "general", "You took that", thread=root)
        await asyncio.wait_for(activity.until_rest(refs[0]), 5)


class Busy:
    """Every conversation has work."""

    def __contains__(self, key: str) -> bool:
        return True

    def is_busy(self, key: str) -> bool:
        return True

    def any_busy(self) -> bool:
        return True

    def waiting(self) -> int | None:
        return None

    def holds(self, key: str, delivery: str) -> bool:
        return True


async def test_nobody_waits_when_the_gateway_ends() -> None:
    activity = ConversationActivity()
    activity.running = Busy()
    rest = asyncio.create_task(activity.until_rest(ConversationRef(platform="slack", workspace="T1", channel="C1")))
    await asyncio.sleep(0)
    assert not rest.done()
    activity.close()
    await asyncio.wait_for(rest, 5)
