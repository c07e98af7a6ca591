"""The whole gateway where Teams refuses, takes without saying so, or is not what it was: over the wire."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.contract.reading import reads, texts
from tests.contract.world import Place, Post
from tests.support.bot import register, running_bot
from tests.teams.world import TeamsWorld, teams_world

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def sent_more(world: TeamsWorld, than: int) -> bool:
    """Return whether the bot made more sends than this number."""
    return len(world.teams.calls_to("send")) > than


async def test_an_answer_to_a_conversation_that_is_gone_is_tried_once_and_no_notice_goes_into_the_void(
    tmp_path: Path,
) -> None:
    runs: list[str] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            await cl.Message(f"re {message.content}").send()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        post = await world.dm("hello")
        await reads(world, post, "re hello")
        for status, code in ((404, "ConversationNotFound"), (403, "BotNotInConversationRoster")):
            before = len(world.teams.calls_to("send"))
            world.teams.fail_next("send", status=status, error=code, times=100)
            lost = await world.dm(f"again {status}")
            await world.delivered(lost)
            await world.wait_for(partial(sent_more, world, before))
            world.teams._faults.clear()
            after = await world.dm(f"and {status}")
            await reads(world, after, f"re and {status}")
            assert len(world.teams.calls_to("send")) == before + 2
            assert runs.count(f"again {status}") == 1


async def test_what_the_service_cannot_do_at_all_is_not_tried_again(tmp_path: Path) -> None:
    """As deleting in Microsoft's Agents Playground."""
    runs: list[str] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            answer = cl.Message("a passing thought")
            await answer.send()
            await answer.remove()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        world.teams.fail_next("delete", status=501, times=100)
        post = await world.dm("hello")
        await reads(world, post, "Reference")
        assert (runs, len(world.teams.calls_to("delete"))) == (["hello"], 1)


@pytest.mark.parametrize("status", [503, "disconnect"])
async def test_an_answer_taken_without_a_word_stands_twice_at_most(tmp_path: Path, status: Any) -> None:
    """Teams cannot be asked whether it took it: one more try, so one doubtful copy, and then it is given up."""
    runs: list[int] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "next":
                await cl.Message("still here").send()
                return
            runs.append(1)
            await cl.Message("the answer").send()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        world.teams.fail_next(
            "send", status=status, after_effect=True, times=100, when=lambda args: "the answer" in str(args)
        )
        post = await world.dm("hello")
        await world.delivered(post)
        await reads(world, await world.dm("next"), "still here")
        assert texts(world, post).count("the answer") == 2


async def test_an_answer_that_never_went_out_is_tried_until_it_does_and_stands_once(tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("the answer").send()

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        world.teams.fail_next("send", retry_after=0, times=2)
        world.teams.fail_next("send", status=412)
        post = await world.dm("hello")
        await reads(world, post, "the answer")
        assert texts(world, post) == ["the answer"]


@pytest.mark.parametrize("place", ["personal", "Lunch", "General"])
@pytest.mark.parametrize("many", [1, 6])
@pytest.mark.parametrize("kind", ["file", "picture"])
async def test_files_without_words_are_files_and_no_empty_text(
    tmp_path: Path, place: str, many: int, kind: str
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            make: Any = cl.Image if kind == "picture" else cl.File
            ending = "png" if kind == "picture" else "txt"
            content = PNG if kind == "picture" else b"x"
            files = [make(name=f"{n}.{ending}", content=content) for n in range(many)]
            await cl.Message(content="", elements=files).send()

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            """There are thumbs."""

    async with teams_world() as world, running_bot(world, register(bot), tmp_path):
        said = await world.teams.say(place, "give" if place == "personal" else "@gateway give")
        thread = said if place == "General" else None
        post = Post(said, Place(world.teams.world.place(place, world.teams.ada).id, thread))
        await world.wait_for(lambda: len(named(world, post)) == many)
        ending = "png" if kind == "picture" else "txt"
        assert sorted(named(world, post)) == [f"{n}.{ending}" for n in range(many)]
        assert all(200 <= call.status < 300 for call in world.teams.calls_to("send"))
        assert [each for each in texts(world, post) if "wrong" in each] == []


def named(world: TeamsWorld, post: Post) -> list[str]:
    return [name for said in world.said(post.place) for name in said.files]
