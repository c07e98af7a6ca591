"""Kept conversations on the command line, beside a gateway that runs."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import gateway as cl
from gateway.chat.registry import Callbacks
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support import forks
from tests.support.bot import register, running_bot


async def command(folder: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    """Run ``gateway threads`` on the database in this folder, and return what it prints to both outputs."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/gateway.db", "GATEWAY_DATA_DIR": str(folder)}
    done = await asyncio.to_thread(forks.run, "threads", *arguments, folder=folder, environment=environment)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


async def found(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return what a command finds, as data."""
    out, _ = await command(folder, *arguments, "--json")
    data: list[dict[str, Any]] = json.loads(out)["data"]
    return data


def looking() -> Callbacks:
    """Register a bot that looks something up and answers."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool") as step:
                step.input, step.output = "where", "there \x1b[2Jand then"
            await cl.Message(f"noted {message.content}").send()

    return register(bot)


class ThreadsCommandContract:
    """Checks ``gateway threads``; ``BotContract`` includes it."""

    async def test_conversations_are_listed_shown_and_searched_beside_the_gateway(
        self, world: World, tmp_path: Path
    ) -> None:
        ada, grace = world.user("Ada").key, world.user("Grace").key
        async with running_bot(world, looking(), tmp_path):
            channel = await world.mention("the Größe of things", user="Grace")
            await reads(world, channel, "noted the Größe of things")
            dm = await world.dm("an invoice")
            await reads(world, dm, "noted an invoice")
            await world.dm("second")
            await reads(world, dm, "noted second")
            # Whoever is answered next is told when the turn before is over.
            await world.dm("third")
            await reads(world, dm, "noted third")

            threads = await found(tmp_path, "list")
            assert [(each["name"], each["userIdentifier"], each["platform"]) for each in threads] == [
                ("an invoice", ada, world.name),
                ("the Größe of things", grace, world.name),
            ]
            assert [each["id"] for each in await found(tmp_path, "list", "--user", grace)] == [threads[1]["id"]]
            passages = await found(tmp_path, "search", "GRÖSSE", "--platform", world.name)
            assert [(each["threadId"], each["type"], each["excerpt"]) for each in passages] == [
                (threads[1]["id"], "assistant_message", "noted the Größe of things"),
                (threads[1]["id"], "user_message", "the Größe of things"),
            ]
            shown, _ = await command(tmp_path, "show", threads[1]["id"])
            lines = [line for line in shown.splitlines() if line]
            assert lines[0] == "the Größe of things"
            assert lines[1].startswith(f"{threads[1]['id']}  {grace}  20")
            assert [line[21:] for line in lines if line[:2] == "20"] == [lines[2][21:], "[tool] look", "Chatbot"]
            said = ["the Größe of things", "where", "there \ufffd[2Jand then", "noted the Größe of things"]
            assert [line.strip() for line in lines if line.startswith("    ")] == said
            thread = json.loads((await command(tmp_path, "show", threads[1]["id"], "--json"))[0])
            assert [step["output"] for step in thread["steps"]] == [said[0], "there \x1b[2Jand then", said[3]]
