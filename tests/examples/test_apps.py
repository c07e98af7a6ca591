"""The complete programs in ``examples/apps``, each on every platform, with a model that answers what a test says."""

import json
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.emulators.models.server import FakeModelServer
from gateway.loading import load_bot
from gateway.testing import Seen, User, bot
from tests.support.model import ScriptedModel, Tool, serving_model

APPS = Path(__file__).resolve().parents[2] / "examples" / "apps"
NOTES = """# Release 1.4

The exports can be downloaded as CSV files now.

The search takes less than a second, because it uses an index. It finds plurals too.

We thank Grace for the new logo.
"""


class Running:
    """One of the programs on a platform, and somebody who writes to it."""

    def __init__(self, user: User, model: ScriptedModel) -> None:
        self.user = user
        self.model = model

    def read_by_model(self, request: int = -1) -> str:
        """All that the model was given to read."""
        return "\n".join(str(message["content"]) for message in self.model.requests[request]["messages"])

    async def step(self, *words: str) -> Seen:
        """Wait for a message that shows steps with these words."""
        return await self.user.sees(lambda seen: all(word in seen.words for word in words))


class Apps:
    """Starts the programs."""

    def __init__(self, platform: str, stack: AsyncExitStack) -> None:
        self._platform, self._stack = platform, stack

    async def start(self, name: str, *replies: str | Tool) -> Running:
        """Start a program, with a model that gives these answers, one after another and the last one for ever."""
        left = list(replies)
        model = ScriptedModel(lambda _: left.pop(0) if len(left) > 1 else left[0])
        return await self.start_with(name, model, await self._stack.enter_async_context(serving_model(model)))

    async def start_with(self, name: str, model: ScriptedModel, url: str) -> Running:
        """Start a program that asks the model at this address."""
        env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-made-up"}
        user = await self._stack.enter_async_context(
            bot(APPS / name / "app.py", platform=self._platform, env=env, timeout=20)
        )
        self._stack.push_async_callback(close_clients, user.module)
        return Running(user, model)

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
async def apps(gateway_platform: str) -> AsyncIterator[Apps]:
    async with AsyncExitStack() as stack:
        yield Apps(gateway_platform, stack)


def test_each_program_is_one_file_with_a_page_that_has_the_command_and_is_named_in_the_readme() -> None:
    names = sorted(path.name for path in APPS.iterdir() if path.is_dir())
    assert names == ["anonymiser", "document_qa", "langgraph_agent", "text_to_sql"]
    for name in names:
        assert {path.name for path in (APPS / name).iterdir()} - {"__pycache__"} == {"README.md", "app.py"}
        page = (APPS / name / "README.md").read_text()
        assert f"make demo APP={name}" in page and f"gateway run examples/apps/{name}/app.py" in page
        assert f"(examples/apps/{name}/README.md)" in (APPS.parents[1] / "README.md").read_text()


@pytest.mark.gateway(platforms=["slack"])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("anonymiser", "that we meet at [ADDRESS-1]"),
        ("document_qa", "Send me a text file"),
        ("langgraph_agent", "The result is 100."),
        ("text_to_sql", "SELECT COUNT(*) FROM customers"),
    ],
)
async def test_the_question_of_its_page_is_answered_with_the_fake_model(apps: Apps, name: str, says: str) -> None:
    found = re.search(r"Write `(.+)`", (APPS / name / "README.md").read_text())
    assert found is not None
    with FakeModelServer() as fake:
        app = await apps.start_with(name, ScriptedModel(lambda _: ""), fake.url)
        general = app.user.in_channel("general")
        await general.says(f"@gateway {found[1]}")
        await general.sees(says)
        await apps.end()


# -- text to SQL


async def test_the_model_writes_sql_that_is_run_and_shown(apps: Apps) -> None:
    query = "SELECT city, COUNT(*) AS people FROM customers GROUP BY city ORDER BY 2 DESC, 1"
    app = await apps.start("text_to_sql", f"```sql\n{query}\n```", "Most customers are in London.")
    await app.user.says("Where are our customers?")
    answer = await app.user.sees("Most customers are in London.")
    assert "CREATE TABLE customers" in app.read_by_model(0)
    assert json.dumps({"city": "London", "people": 2}) in app.read_by_model(1)
    assert query in answer.text
    assert "Helsinki" in answer.words
    await app.step("Write a query", "Run the query")


async def test_a_query_that_fails_is_mended_once(apps: Apps) -> None:
    app = await apps.start("text_to_sql", "SELECT wrong FROM nowhere", "DROP TABLE customers")
    await app.user.says("How many?")
    await app.user.sees("I could not write a query for this that runs: not authorized")
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


async def test_a_document_is_asked_for_and_questions_are_answered_from_it(apps: Apps) -> None:
    app = await apps.start("document_qa", "It takes less than a second [1].")
    user = app.user
    await user.says("hello there")
    await user.sees("Send me a text file")
    await user.uploads(("notes.md", NOTES.encode()))
    await user.sees("I have read it. What would you like to know?")
    await user.says("How long does a search take?")
    answer = await user.sees("It takes less than a second [1]")
    assert "[1] The search takes less than a second" in app.read_by_model()
    assert "logo" not in app.read_by_model()
    if user.platform != "teams":  # which shows sources natively
        assert "notes.md, passage 3" in answer.text
    assert any("Find passages" in message.words for message in user.messages)
    await user.says("Quetzalcoatl?")
    await user.sees("I find nothing about that in **notes.md**.")
    assert len(app.model.requests) == 1


async def test_a_question_that_comes_with_its_document_is_answered_at_once(apps: Apps) -> None:
    app = await apps.start("document_qa", "Grace did.")
    await app.user.says("Who made the logo?", files=[("notes.md", NOTES.encode())])
    await app.user.sees("Grace did. [1]")
    assert "[1] We thank Grace" in app.read_by_model()


# -- the anonymiser


async def test_personal_data_is_sent_only_in_other_words_and_only_after_a_click(apps: Apps) -> None:
    app = await apps.start("anonymiser", "I write to [EMAIL-1] and call [PHONE-1] [or not].")
    await app.user.says("Tell ada@example.com and +44 20 7946 0000 that ada@example.com has won.")
    question = await app.user.sees("The model would read")
    assert "[EMAIL-1]" in question.text and "ada@example.com" not in question.text
    assert app.model.requests == []
    await app.user.clicks("✅ Send that")
    await app.user.sees("I write to ada@example.com and call +44 20 7946 0000 [or not].")
    assert "Tell [EMAIL-1] and [PHONE-1] that [EMAIL-1] has won." in app.read_by_model()


async def test_what_is_declined_is_not_sent_and_what_is_harmless_needs_no_click(apps: Apps) -> None:
    app = await apps.start("anonymiser", "Paris.")
    await app.user.says("My name is Ada Lovelace")
    await app.user.clicks("❌ Send nothing")
    await app.user.sees("Nothing was sent.")
    assert app.model.requests == []
    await app.user.says("What is the capital of France?")
    await app.user.sees("Paris.")


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


async def test_the_agent_calls_its_tools_and_remembers(apps: Apps) -> None:
    app = await apps.start("langgraph_agent", ("calculate", {"expression": "12.5 * (8 + 2)"}), "It is 125.", "You did.")
    await app.user.says("What is 12.5 * (8 + 2)?")
    await app.user.sees("It is 125.")
    assert app.model.requests[1]["messages"][-1]["content"] == "125"
    assert any("calculate" in message.words and "125" in message.words for message in app.user.messages)
    await app.user.says("Who asked?")
    await app.user.sees("You did.")
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
