"""A bot on an emulated Slack that did things, and the pages that show them to operators."""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import structlog

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import API_KEY, ConversationRef, Document, FeedbackRecord, KeyScope, StoredApiKey
from gateway.ports import RecordQuery, Store
from gateway.telemetry.logs import configure_logging
from tests.support.bot import RunningBot, register, running_bot
from tests.support.emulators import started

KEY = "a key in the settings that may do everything"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
"""What a person writes who wants to see what happens."""


def bot() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        if "boom" in message.content:
            raise ValueError(f"cannot do {message.content}")
        if "ask" in message.content:
            await cl.AskUserMessage("Which one?", timeout=3_600).send()
            return
        async with cl.Step(name="look up", type="tool") as step:
            step.input, step.output = "the order", f"found {EVIL}"
        await cl.Message(f"You said: {message.content}").send()


class _Text(HTMLParser):
    """Collects what a page says, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(answer: httpx.Response) -> str:
    """What a page says, in one line."""
    parser = _Text()
    parser.feed(answer.text)
    return " ".join(" ".join(parser.words).split())


def links(answer: httpx.Response, page: str) -> list[str]:
    """The addresses of pages of this name that a page leads to."""
    found = re.findall(rf'href="({page}\?[^"]*)"', answer.text)
    return [each.replace("&amp;", "&") for each in dict.fromkeys(found)]


def token_of(answer: httpx.Response) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


@dataclass
class Stage:
    """A running bot, its Slack, and a browser without a screen that is signed in by nothing yet."""

    slack: SlackEmulator
    running: RunningBot
    http: httpx.AsyncClient

    @property
    def store(self) -> Store:
        return self.running.gateway.store

    @property
    def origin(self) -> str:
        return self.running.url

    async def key(self, *scopes: KeyScope, expires: float | None = None) -> str:
        """Make an API key with these scopes."""
        key, stored = StoredApiKey.issue(name="", scopes=scopes, now=time.time(), expires=expires)
        await self.store.put_documents([Document(kind=API_KEY, id=stored.id, body=stored.to_body())])
        return key

    async def get(self, page: str = "", key: str = KEY) -> httpx.Response:
        """Read a page with an API key in the header."""
        return await self.http.get(page, headers={"Authorization": f"Bearer {key}"})

    @asynccontextmanager
    async def signed_in(self, key: str = KEY) -> AsyncIterator[httpx.AsyncClient]:
        """A client that has given its key in the form."""
        async with self.client() as http:
            answer = await http.post("sign-in", data={"key": key}, headers={"Origin": self.origin})
            assert answer.status_code == 303, answer.text
            yield http

    async def sign_in(self, key: str = KEY, **fields: str) -> httpx.Response:
        """Send the form that takes a key, from a browser of its own."""
        async with self.client() as http:
            return await http.post("sign-in", data={"key": key, **fields}, headers={"Origin": self.origin})

    def client(self) -> httpx.AsyncClient:
        """A client with cookies of its own."""
        return _client(str(self.http.base_url))

    async def write(self, text: str, answer: str | None) -> ConversationRef:
        """Write to the bot in a new thread, wait for its answer and until nothing is left to do, and return the
        conversation."""
        root = await self.slack.post("general", f"@gateway {text}")
        if answer is not None:
            await said(self.slack, "general", answer, thread=root)
        ref = ConversationRef(
            platform="slack", workspace=self.slack.team.id, channel=self.slack.general.id, thread=root
        )
        await self.running.activity.until_rest(ref)
        return ref

    async def dead_letter(self, text: str = "boom") -> tuple[str, str]:
        """Have a turn fail for good; return the conversation's key and the delivery's."""
        ref = await self.write(text, "Sorry")
        [entry] = (await self.store.given_up(conversation=ref.key, limit=2)).entries
        return ref.key, entry.key

    async def audit(self) -> list[Mapping[str, Any]]:
        """What the audit says of dead letters."""
        lines = await self.store.audit()
        return [{"action": each.action, **each.details} for each in lines if each.action.startswith("dead_letters")]

    async def rate(self, value: int, comment: str) -> None:
        """Have somebody rate the newest answer that is kept."""
        rows = (await self.store.record_page(RecordQuery("steps", limit=1))).rows
        record = FeedbackRecord(
            f"rating {value} {comment[:20]}",
            str(rows[0]["id"]),
            str(rows[0]["threadId"]),
            "slack:T1:U1",
            1 if value else 0,
            comment,
            time.time(),
        )
        await self.store.change_records([record])


@asynccontextmanager
async def staged(folder: Path, also: Callable[[], Any] = lambda: None, **settings: Any) -> AsyncIterator[Stage]:
    """Run the bot until the block ends; ``also`` registers what it has besides, ``settings`` are GatewaySettings
    fields."""
    settings = {"api_keys": KEY, "admin": "write", "turn_retries": 0, **settings}
    before = structlog.get_config()
    configure_logging(form="console", debug=False)
    try:
        async with _running(folder, also, settings) as stage:
            yield stage
    finally:
        structlog.configure(**before)


@asynccontextmanager
async def _running(folder: Path, also: Callable[[], Any], settings: Mapping[str, Any]) -> AsyncIterator[Stage]:
    def with_everything() -> None:
        bot()
        also()

    async with (
        started(SlackEmulator(limits="off")) as slack,
        running_bot(slack, register(with_everything), folder, **settings) as running,
        _client(f"{running.url}/admin/") as http,
    ):
        yield Stage(slack, running, http)


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=20, verify=False)  # which saves reading all certificates


def address(page: str, **parameters: str) -> str:
    """The address of a page, from the folder of all of them."""
    return f"{page}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
