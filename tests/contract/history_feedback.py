"""What people think of answers is kept: one row for each person and message."""

import json
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.actions import eventually
from tests.contract.harness import capabilities, need
from tests.contract.history import kept
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support import forks
from tests.support.bot import register, running_bot

ROWS = """SELECT feedbacks.value, feedbacks.comment, feedbacks."userIdentifier", steps.output FROM feedbacks
    JOIN steps ON steps.id = feedbacks."forId" AND steps."threadId" = feedbacks."threadId"
    ORDER BY feedbacks."createdAt" """


def answering(given: list[cl.Feedback] | None = None) -> Callbacks:
    """Register a bot that answers, and that hears what people think of it where ``given`` is a list."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

        if given is not None:

            @cl.on_feedback
            async def rated(feedback: cl.Feedback) -> None:
                given.append(feedback)

    return register(bot)


def exported(folder: Path, *arguments: str) -> str:
    """Return what ``gateway feedback export`` prints."""
    environment = {"DATABASE_URL": f"sqlite:///{folder}/gateway.db", "GATEWAY_DATA_DIR": str(folder), "PATH": ""}
    done = forks.run("feedback", "export", *arguments, folder=folder, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


class FeedbackHistoryContract:
    """Checks that feedback is kept; ``BotContract`` includes it."""

    async def test_a_thumb_that_changes_and_its_comment_are_one_row(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).feedback, "thumbs")
        given: list[cl.Feedback] = []
        async with running_bot(world, answering(given), tmp_path):
            post = await world.dm("=a")
            answer = await reads(world, post, "re =a")
            await world.thumbs(answer, up=False, comment="too short")
            await eventually(lambda: bool(given) and given[-1].comment == "too short")
            await world.thumbs(answer, up=True)
            await eventually(lambda: given[-1].value == 1)
            await world.thumbs(answer, up=False, comment="=still too short")
            await eventually(lambda: given[-1].value == 0 and given[-1].comment == "=still too short")
        ada = world.user("Ada").key
        assert kept(tmp_path, ROWS) == [(0, "=still too short", ada, "re =a")]
        rows = kept(tmp_path, 'SELECT id, "threadId" FROM feedbacks')
        assert {(each.id, each.threadId) for each in given} == set(rows)
        [line] = exported(tmp_path, "--format", "jsonl").splitlines()
        row: dict[str, Any] = json.loads(line)
        said = (row["user"], row["value"], row["comment"], row["message"], row["platform"])
        assert said == (ada, 0, "=still too short", "re =a", world.name)
        head, text = exported(tmp_path, "--format", "csv", "--since", "2000-01-01").splitlines()
        assert head.split(",")[0] == "at" and "'=still too short" in text and ada in text
        assert exported(tmp_path, "--format", "jsonl", "--since", "2999-01-01") == ""

    async def test_a_thumb_alone_takes_the_comment_of_the_other_one_away(self, world: World, tmp_path: Path) -> None:
        need(capabilities(world).feedback, "thumbs")
        given: list[cl.Feedback] = []
        async with running_bot(world, answering(given), tmp_path):
            post = await world.dm("a")
            answer = await reads(world, post, "re a")
            await world.thumbs(answer, up=False, comment="too short")
            await eventually(lambda: bool(given) and given[-1].comment == "too short")
            await world.thumbs(answer, up=True)
            await eventually(lambda: given[-1].value == 1)
        assert kept(tmp_path, ROWS) == [(1, None, world.user("Ada").key, "re a")]

    async def test_thumbs_are_shown_and_kept_without_a_handler_where_the_operator_says_so(
        self, world: World, tmp_path: Path
    ) -> None:
        need(capabilities(world).feedback, "thumbs")
        async with running_bot(world, answering(), tmp_path, feedback="on"):
            post = await world.dm("a")
            await world.thumbs(await reads(world, post, "re a"), up=True)
            await reads(world, await world.dm("b"), "re b")
            # A rating of a conversation that is over, too.
            await world.dm("/new")
            await reads(world, post, "Started a new conversation")
            b = next(each for each in world.said(post.place) if each.text == "re b")
            await world.thumbs(b, up=False)
            await world.settled()
            await reads(world, await world.dm("c"), "re c")
        ada = world.user("Ada").key
        assert kept(tmp_path, ROWS) == [(1, None, ada, "re a"), (0, None, ada, "re b")]

    async def test_reactions_count_where_the_map_says_so(self, world: World, tmp_path: Path) -> None:
        given: list[cl.Feedback] = []
        need(bool(world.facts.emoji), "reactions")
        counts = f"{world.facts.emoji}=1, other=0"
        async with running_bot(world, answering(given), tmp_path, feedback_reactions=counts):
            first = await world.mention("first")
            answer = await reads(world, first, "re first")
            on = type(first)(id=answer.id, place=first.place)
            await world.react(on)
            await eventually(lambda: len(given) == 1)
        grace = world.user("Grace").key
        assert kept(tmp_path, ROWS) == [(1, None, grace, "re first")]
        async with running_bot(world, answering(given), tmp_path, feedback_reactions=counts):
            await reads(world, await world.dm("later"), "re later")  # the bot hears what happens from now on
            await world.react(on, added=False)
            await eventually(lambda: kept(tmp_path, ROWS) == [])
