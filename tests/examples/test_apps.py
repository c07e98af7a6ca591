"""The complete programs in ``examples/apps``, each on every platform, with a model that answers what a test says."""

import json
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway.emulators.models.server import FakeModelServer
from gateway.loading import load_bot
from tests.contract.reading import plan_words, reads, shows
from tests.contract.world import File, Post, Said, World
from tests.support.bot import running_bot
from tests.support.model import ScriptedModel, Tool, serving_model

APPS = Path(__file__).resolve().parents[2] / "examples" / "apps"
NOTES = """# Release 1.4

The exports can be downloaded as CSV files now.

The search takes less than a second, because it uses an index. It finds plurals too.

We thank Grace for the new logo.
"""


class Running:
    """One of the programs on a platform."""

    def __init__(self, world: World, model: ScriptedModel, module: ModuleType) -> None:
        self.world = world
        self.model = model
        self.module = module

    def read_by_model(self, request: int = -1) -> str:
        """All that the model was given to read."""
        return "\n".join(str(message["content"]) for message in self.model.requests[request]["messages"])

    async def step(self, post: Post, *words: str) -> Said:
        """Wait for a message that shows steps with these words."""

        def look() -> Said | None:
            found = (each for each in self.world.said(post.place) if all(word in shown(each) for word in words))
            return next(found, None)

        found = await self.world.wait_for(look, 10)
        assert found is not None
        return found


def shown(said: Said) -> str:
    return "\n".join([plan_words(said), *said.cards])


class Apps:
    """Starts the programs."""

    def __init__(self, world: World, folder: Path, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self._world, self._folder, self._stack, self._patch = world, folder, stack, monkeypatch

    async def start(self, name: str, *replies: str | Tool) -> Running:
        """Start a program, with a model that gives these answers, one after another and the last one for ever."""
        left = list(replies)
        model = ScriptedModel(lambda _: left.pop(0) if len(left) > 1 else left[0])
        return await self.start_with(name, model, await self._stack.enter_async_context(serving_model(model)))

    async def start_with(self, name: str, model: ScriptedModel, url: str) -> Running:
        """Start a program that asks the model at this address."""
        settings = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-made-up", "GATEWAY_DATA_DIR": str(self._folder)}
        for variable, value in settings.items():
            self._patch.setenv(variable, value)
        callbacks = load_bot(APPS / name / "app.py")
        module = sys.modules["app"]
        self._stack.callback(sys.modules.pop, "app")
        self._stack.push_async_callback(close_clients, module)
        await self._stack.enter_async_context(running_bot(self._world, callbacks, self._folder, turn_retries=0))
        return Running(self._world, model, module)

    async def end(self) -> None:
        """End what was started."""
        await self._stack.aclose()


async def close_clients(module: Any) -> None:
    """Close the connections of a program to its model: else they are noticed in whatever test runs when they go."""
    if hasattr(module, "client"):
        await module.client.close()
    else:
        from langchain_openai.chat_models import _client_utils  # imported late: it takes a second

        await module.model.root_async_client.close()
        module.model.root_client.close()
        for cached in (_client_utils._cached_async_httpx_client, _client_utils._cached_sync_httpx_client):
            cached.cache_clear()  # LangChain hands the same clients to whoever asks next


@pytest.fixture
async def apps(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Apps]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    async with AsyncExitStack() as stack:
        yield Apps(world, tmp_path, stack, monkeypatch)


def test_each_program_is_one_file_with_a_page_that_has_the_command_and_is_named_in_the_readme() -> None:
    names = sorted(path.name for path in APPS.iterdir() if path.is_dir())
    assert names == ["anonymiser", "document_qa", "langgraph_agent", "text_to_sql"]
    for name in names:
        assert {path.name for path in (APPS / name).iterdir()} - {"__pycache__"} == {"README.md", "app.py"}
        page = (APPS / name / "README.md").read_text()
        assert f"make demo APP={name}" in page and f"gateway run examples/apps/{name}/app.py" in page
        assert f"(examples/apps/{name}/README.md)" in (APPS.parents[1] / "README.md").read_text()


@pytest.mark.parametrize("world", ["slack"], indirect=True)
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("anonymiser", "that we meet at [ADDRESS-1]"),
        ("document_qa", "Send me a text file"),
        ("langgraph_agent", "The result is 100."),
        ("text_to_sql", "SELECT COUNT(*) FROM customers"),
    ],
)
async def test_the_question_of_its_page_is_answered_with_the_fake_model(
    apps: Apps, world: World, name: str, says: str
) -> None:
    found = re.search(r"Write `(.+)`", (APPS / name / "README.md").read_text())
    assert found is not None
    with FakeModelServer() as fake:
        await apps.start_with(name, ScriptedModel(lambda _: ""), fake.url)
        await reads(world, await world.mention(found[1]), says)
        await apps.end()


# -- text to SQL


async def test_the_model_writes_sql_that_is_run_and_shown(apps: Apps, world: World) -> None:
    query = "SELECT city, COUNT(*) AS people FROM customers GROUP BY city ORDER BY 2 DESC, 1"
    app = await apps.start("text_to_sql", f"```sql\n{query}\n```", "Most customers are in London.")
    post = await world.mention("Where are our customers?")
    answer = await reads(world, post, "Most customers are in London.")
    assert "CREATE TABLE customers" in app.read_by_model(0)
    assert json.dumps({"city": "London", "people": 2}) in app.read_by_model(1)
    assert query in answer.text
    assert "Helsinki" in shown(answer)
    await app.step(post, "Write a query", "Run the query")


async def test_a_query_that_fails_is_mended_once(apps: Apps, world: World) -> None:
    app = await apps.start("text_to_sql", "SELECT wrong FROM nowhere", "DROP TABLE customers")
    post = await world.dm("How many?")
    await reads(world, post, "I could not write a query for this that runs: not authorized")
    assert "That failed: no such table: nowhere" in app.read_by_model(1)
    assert len(app.model.requests) == 2


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "ATTACH 'other.db' AS other",
        "PRAGMA user_version = 3",
        "SELECT 1; SELECT 2",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "SELECT length(randomblob(999999999))",
        "",
        "I am a model and know no SQL",
    ],
)
def test_a_query_reads_and_nothing_else(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    load_bot(APPS / "text_to_sql" / "app.py")
    module: Any = sys.modules.pop("app")
    monkeypatch.setattr(module, "DATABASE", tmp_path / "a shop?" / "shop.db")
    monkeypatch.setattr(module, "SECONDS", 0.2)
    module.make_database()
    with pytest.raises(sqlite3.Error):
        module.read(query)
    assert module.read("SELECT COUNT(*) AS n FROM orders") == {"columns": ["n"], "rows": [(5,)]}


# -- questions about a document


async def test_a_document_is_asked_for_and_questions_are_answered_from_it(apps: Apps, world: World) -> None:
    app = await apps.start("document_qa", "It takes less than a second [1].")
    post = await world.dm("hello there")
    await reads(world, post, "Send me a text file")
    await world.reply(post, "", files=[File("notes.md", NOTES.encode(), "text/markdown")])
    await reads(world, post, "I have read it. What would you like to know?")
    await world.reply(post, "How long does a search take?")
    answer = await reads(world, post, "It takes less than a second [1]")
    assert "[1] The search takes less than a second" in app.read_by_model()
    assert "logo" not in app.read_by_model()
    if world.name != "teams":  # which shows sources natively
        assert "notes.md, passage 3" in answer.text
    await app.step(post, "Find passages")
    await world.reply(post, "Quetzalcoatl?")
    await reads(world, post, "I find nothing about that in **notes.md**.")
    assert len(app.model.requests) == 1


async def test_a_question_that_comes_with_its_document_is_answered_at_once(apps: Apps, world: World) -> None:
    app = await apps.start("document_qa", "Grace did.")
    post = await world.dm("Who made the logo?", files=[File("notes.md", NOTES.encode(), "text/markdown")])
    await reads(world, post, "Grace did. [1]")
    assert "[1] We thank Grace" in app.read_by_model()


# -- the anonymiser


async def test_personal_data_is_sent_only_in_other_words_and_only_after_a_click(apps: Apps, world: World) -> None:
    app = await apps.start("anonymiser", "I write to [EMAIL-1] and call [PHONE-1] [or not].")
    post = await world.dm("Tell ada@example.com and +44 20 7946 0000 that ada@example.com has won.")
    question = await reads(world, post, "The model would read")
    assert "[EMAIL-1]" in question.text and "ada@example.com" not in question.text
    assert app.model.requests == []
    await world.click(question, "✅ Send that")
    await reads(world, post, "I write to ada@example.com and call +44 20 7946 0000 [or not].")
    assert "Tell [EMAIL-1] and [PHONE-1] that [EMAIL-1] has won." in app.read_by_model()


async def test_what_is_declined_is_not_sent_and_what_is_harmless_needs_no_click(apps: Apps, world: World) -> None:
    app = await apps.start("anonymiser", "Paris.")
    post = await world.dm("My name is Ada Lovelace")
    await world.click(await shows(world, post, "✅ Send that", "❌ Send nothing"), "❌ Send nothing")
    await reads(world, post, "Nothing was sent.")
    assert app.model.requests == []
    await world.reply(post, "What is the capital of France?")
    await reads(world, post, "Paris.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1111 is a card", "[CARD-1] is a card"),
        ("GB82 WEST 1234 5698 7654 32, now", "[IBAN-1], now"),
        ("I live at 221 Baker Street", "I live at [ADDRESS-1]"),
        ("Dr. Grace Hopper and Mr Smith", "[NAME-1] and [NAME-2]"),
        ("a@b.example and aa@b.example", "[EMAIL-1] and [EMAIL-2]"),
        ("in 2026 there were 12,000 of 3.5 m", "in 2026 there were 12,000 of 3.5 m"),
    ],
)
async def test_the_rules(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    load_bot(APPS / "anonymiser" / "app.py")
    module: Any = sys.modules.pop("app")
    words, originals = module.replaced(text)
    assert words == expected
    assert module.restored(words, originals) == text


# -- the agent


async def test_the_agent_calls_its_tools_and_remembers(apps: Apps, world: World) -> None:
    app = await apps.start("langgraph_agent", ("calculate", {"expression": "12.5 * (8 + 2)"}), "It is 125.", "You did.")
    post = await world.dm("What is 12.5 * (8 + 2)?")
    await reads(world, post, "It is 125.")
    assert app.model.requests[1]["messages"][-1]["content"] == "125"
    await app.step(post, "calculate", "125")
    await world.reply(post, "Who asked?")
    await reads(world, post, "You did.")
    said = [(each["role"], each["content"]) for each in app.model.requests[2]["messages"][1:]]
    assert said == [("user", "What is 12.5 * (8 + 2)?"), ("assistant", "It is 125."), ("user", "Who asked?")]


@pytest.mark.parametrize(
    ("tool", "argument", "says"),
    [
        ("calculate", "-(2 + 3) * 4 / 8", "-2.5"),
        ("calculate", "1 / 0", "cannot be calculated"),
        ("calculate", "__import__('os')", "cannot be calculated"),
        ("calculate", "9 ** 9 ** 9", "cannot be calculated"),
        ("time_in", "Tokyo", " on "),
        ("time_in", "New York", " on "),
        ("time_in", "Atlantis", "no time zone"),
    ],
)
def test_the_tools(tool: str, argument: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    load_bot(APPS / "langgraph_agent" / "app.py")
    module: Any = sys.modules.pop("app")
    assert says in getattr(module, tool).invoke(argument)
