"""People's rights over what is kept of them: it can be had and erased to the last byte, while the gateway runs too."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.loading import load_bot
from gateway.store.tables import upgrade
from tests.contract.actions import eventually
from tests.contract.history import kept
from tests.contract.reading import reads, texts
from tests.contract.world import File, World
from tests.support import forks
from tests.support.bot import register, running_bot

CANARIES = ("kanarienwort", "kanarieninhalt", "kanariendatei", "kanarienwert", "ada-kanarie@example.com")
"""What Ada says, the content of her file, its name, what a handler keeps of it, and her e-mail."""


LAYERED = """
import gateway as cl
from gateway.data.sql_alchemy import SQLAlchemyDataLayer

@cl.data_layer
def layer():
    return SQLAlchemyDataLayer("{url}")

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"re {{message.content}}").send()
"""


class Ran(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


async def gateway_data(data: Path, *arguments: str) -> Ran:
    """Run ``gateway data`` on a data folder, beside a gateway that may be running in this process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "BLOB_"))}
    environment |= {"DATABASE_URL": f"sqlite:///{data}/gateway.db", "GATEWAY_DATA_DIR": str(data)}
    done = await asyncio.to_thread(forks.run, "data", *arguments, folder=data, environment=environment)
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


SEARCH = """
import pathlib, sys
folder, *words = sys.argv[1:]
for path in pathlib.Path(folder).rglob("*"):
    data = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
    for word in words:
        if word.encode() in data:
            print(path.name, word)
"""


def found_in(folder: Path, *words: str) -> list[str]:
    """Return which files below a folder have which of the words in their bytes or their name.

    Another process looks: one that closes a database file, however it opened it, loses all its locks on it.
    """
    command = [sys.executable, "-c", SEARCH, str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()


def remembering() -> Callbacks:
    """Register a bot that repeats what it is told, keeps it in the session, and offers a button with it."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            cl.user_session.set("last", f"kanarienwert {message.content}")
            cl.user_session.set("email", "ada-kanarie@example.com" if "kanarien" in message.content else None)
            async with cl.Step("look", type="tool") as step:
                step.output = f"looked at {message.content}"
            action = cl.Action("again", {"said": message.content * 40}, label="Again")
            await cl.Message(f"re {message.content}", actions=[action]).send()
            if "kanarien" in message.content:
                file = cl.File(name="kanariendatei-zurück.txt", content=b"kanarieninhalt")
                await cl.Message("a file", elements=[file]).send()
            await cl.Message("over").send()

    return register(bot)


async def talk(world: World, *, grace: bool = True) -> tuple[Any, Any]:
    """Let Ada write to the bot directly, with a file, and in a thread in which Grace takes part."""
    file = File("kanariendatei.txt", b"kanarieninhalt " * 400, "text/plain")
    dm = await world.dm("kanarienwort eins", files=[file])
    await reads(world, dm, "over")
    thread = await world.mention("kanarienwort zwei")
    await reads(world, thread, "over")
    if grace:
        await world.reply(thread, "words of Grace", user="Grace", mention=True)
        await world.wait_for(lambda: texts(world, thread).count("over") == 2)
    return dm, thread


class RightsContract:
    """Checks what people may ask for; ``BotContract`` includes it."""

    async def test_a_persons_data_can_be_had_beside_a_running_gateway(self, world: World, tmp_path: Path) -> None:
        ada, grace = world.user("Ada").key, world.user("Grace").key
        async with running_bot(world, remembering(), tmp_path):
            await talk(world)
            ran = await gateway_data(tmp_path, "export", "--user", ada)
            assert ran.code == 0
            threads = [json.loads(line) for line in ran.out.splitlines()]
            assert {thread["userIdentifier"] for thread in threads} == {ada}
            assert "words of Grace" not in ran.out
            said = [[step["output"] for step in thread["steps"] if step["type"] != "tool"] for thread in threads]
            assert said == [
                ["kanarienwort eins", "re kanarienwort eins", "a file", "over"],
                ["kanarienwort zwei", "re kanarienwort zwei", "a file", "over"],
            ]
            names = [element["name"] for thread in threads for element in thread["elements"]]
            assert names == ["kanariendatei.txt", *["kanariendatei-zurück.txt"] * 2]
            with_files = await gateway_data(tmp_path, "export", "--user", ada, "--files", "ada")
            assert with_files.err.endswith("wrote the profile and 3 files to ada\n")
            copied = [(tmp_path / "ada" / each["objectKey"]).read_bytes() for t in threads for each in t["elements"]]
            assert copied == [b"kanarieninhalt " * 400, *[b"kanarieninhalt"] * 2]
            of_grace = await gateway_data(tmp_path, "export", "--user", grace, "grace.jsonl")
            assert (
                of_grace.out == "wrote 1 threads to grace.jsonl\nwrote the profile and 0 files to grace.jsonl.files\n"
            )
            (shared,) = [json.loads(line) for line in (tmp_path / "grace.jsonl").read_text().splitlines()]
            assert next(step["output"] for step in shared["steps"]) == "words of Grace"
            assert "kanarien" not in json.dumps(shared)
            assert json.loads((tmp_path / "grace.jsonl.files" / "user.json").read_text())["identifier"] == grace
            unknown = await gateway_data(tmp_path, "export", "--user", f"{ada}x")
            assert (unknown.code, unknown.out) == (0, "")
            assert unknown.err == f"gateway: nothing is kept of {ada}x\n"
            audit = await gateway_data(tmp_path, "audit")
            assert [line.split()[2] for line in audit.out.splitlines()] == ["exported"] * 3
            assert ada not in audit.out and grace not in audit.out

    async def test_who_is_erased_while_the_gateway_runs_leaves_no_byte(self, world: World, tmp_path: Path) -> None:
        ada = world.user("Ada").key
        async with running_bot(world, remembering(), tmp_path):
            dm, thread = await talk(world)
            assert found_in(tmp_path, *CANARIES)
            ran = await gateway_data(tmp_path, "erase", "--user", ada)
            assert (ran.code, ran.out.split(":")[0]) == (0, f"erased {ada.split(':')[0]}"), ran
            assert found_in(tmp_path, *CANARIES, f'"{ada}"') == []
            again = await gateway_data(tmp_path, "erase", "--user", ada)
            assert (again.code, again.out) == (0, f"nothing is kept of {ada}\n")
            outputs = kept(tmp_path, "SELECT output FROM steps")
            assert "words of Grace" in outputs and "re words of Grace" in outputs
            # Both go on: Grace where she was, Ada as somebody new.
            await world.reply(thread, "Grace goes on", user="Grace")
            await world.wait_for(lambda: texts(world, thread).count("over") == 3)
            await world.dm("Ada is back")
            await world.wait_for(lambda: texts(world, dm).count("over") == 2)
        assert found_in(tmp_path, *CANARIES[:3]) == []
        assert kept(tmp_path, f"SELECT count(*) FROM users WHERE identifier = '{ada}'") == [1]
        assert kept(tmp_path, "SELECT \"userIdentifier\" FROM threads WHERE name = 'Ada is back'") == [ada]

    async def test_who_is_erased_while_the_gateway_is_stopped_leaves_no_byte(
        self, world: World, tmp_path: Path
    ) -> None:
        ada = world.user("Ada").key
        async with running_bot(world, remembering(), tmp_path):
            await talk(world)
        ran = await gateway_data(tmp_path, "erase", "--user", ada, "--yes")
        assert ran.code == 0 and "erased" in ran.out, ran
        assert found_in(tmp_path, *CANARIES, f'"{ada}"') == []
        assert "words of Grace" in kept(tmp_path, "SELECT output FROM steps")
        audit = [json.loads(line) for line in (await gateway_data(tmp_path, "audit", "--json")).out.splitlines()]
        assert [line["action"] for line in audit] == ["erased"]
        assert audit[0]["details"]["threads"] == 1
        assert audit == [
            json.loads(line)
            for line in (await gateway_data(tmp_path, "audit", "--json", "--user", ada)).out.splitlines()
        ]

    async def test_a_person_is_erased_whose_turn_waits_for_an_answer(self, world: World, tmp_path: Path) -> None:
        ada = world.user("Ada").key

        def bot() -> None:
            @cl.on_message
            async def main(message: cl.Message) -> None:
                await cl.Message(f"hm {message.content}").send()
                answer = await cl.AskUserMessage("And?", timeout=300).send()
                await cl.Message(f"took {answer['output'] if answer else None}").send()

        async with running_bot(world, register(bot), tmp_path):
            dm = await world.dm("kanarienwort")
            await reads(world, dm, "And?")
            thread = await world.mention("asks too", user="Grace")
            await reads(world, thread, "And?")
            await world.reply(thread, "kanarienwort am Rand", mention=True)
            await world.settled()
            ran = await gateway_data(tmp_path, "erase", "--user", ada)
            assert ran.code == 0, ran
            assert found_in(tmp_path, *CANARIES) == []
            # The turn of Grace goes on waiting, and takes her answer.
            await world.reply(thread, "Grace answers", user="Grace", mention=True)
            await reads(world, thread, "took ")
            assert "Grace answers" in texts(world, thread)[-1]
            await world.dm("new words")
            await reads(world, dm, "hm new words")

    async def test_without_history_a_person_is_erased_too(self, world: World, tmp_path: Path) -> None:
        ada = world.user("Ada").key
        async with running_bot(world, remembering(), tmp_path, history="off"):
            _, thread = await talk(world)
            assert found_in(tmp_path, "kanarienwort")
            ran = await gateway_data(tmp_path, "erase", "--user", ada)
            assert ran.code == 0, ran
            assert found_in(tmp_path, *CANARIES) == []
            await world.reply(thread, "Grace goes on", user="Grace", mention=True)
            await world.wait_for(lambda: texts(world, thread).count("over") == 3)

    async def test_what_nobody_used_for_long_expires(self, world: World, tmp_path: Path) -> None:
        async with running_bot(world, remembering(), tmp_path):
            await talk(world)
        assert kept(tmp_path, "SELECT count(*) FROM threads") == [2]
        async with running_bot(world, remembering(), tmp_path, retention_days=1e-9):
            await eventually(lambda: kept(tmp_path, "SELECT action FROM audit") == ["expired"])
            for table in ("users", "threads", "steps", "elements", "sessions", "message_records"):
                await eventually(lambda table=table: kept(tmp_path, f"SELECT count(*) FROM {table}") == [0])  # type: ignore[misc]
        assert found_in(tmp_path / "blobs" / "elements", "kanarien") == []
        (audit,) = [json.loads(line) for line in (await gateway_data(tmp_path, "audit", "--json")).out.splitlines()]
        assert audit["details"]["threads"] == 2 and audit["subject"] is None

    async def test_a_data_layer_elsewhere_is_reached_with_the_bots_file(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "bot.py").write_text(LAYERED.format(url=f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"))
        await upgrade(f"sqlite:///{tmp_path}/elsewhere.db")
        data, ada = tmp_path / "data", world.user("Ada").key
        data.mkdir()
        async with running_bot(world, load_bot(tmp_path / "bot.py"), data):
            dm = await world.dm("kanarienwort")
            await reads(world, dm, "re kanarienwort")
        told = await gateway_data(data, "export", "--user", ada)
        assert (told.code, told.out) == (0, "") and "--bot bot.py" in told.err
        ran = await gateway_data(data, "export", "--user", ada, "--bot", str(tmp_path / "bot.py"))
        (thread,) = [json.loads(line) for line in ran.out.splitlines()]
        assert [step["output"] for step in thread["steps"]] == ["kanarienwort", "re kanarienwort"]
        told = await gateway_data(data, "erase", "--user", ada)
        assert told.code == 0 and "data layer of its own, which was not touched" in told.err
        assert found_in(data, "kanarienwort") == []
        ran = await gateway_data(data, "erase", "--user", ada, str(tmp_path / "bot.py"))
        assert ran.code == 0 and "deleted 1 threads from the data layer" in ran.out, ran
        with closing(sqlite3.connect(tmp_path / "elsewhere.db")) as database:
            assert database.execute("SELECT count(*) FROM steps").fetchone() == (0,)
            assert database.execute("SELECT metadata FROM users").fetchall() == [("{}",)]
