"""A ChatKit client over HTTP, which checks every event and every answer with the types of ``openai-chatkit``."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.chatkit import oracle

KEY = "the API key of the tests"


def message(text: str, *, attachments: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Return a person's message as a request has it."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": list(attachments), "inference_options": {}, **more}


class Thread:
    """A thread as its client sees it: the events are applied to its items as they come."""

    def __init__(self) -> None:
        self.id = ""
        self.title: str | None = None
        self.items: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.errors: list[str] = []
        self.last_id: str | None = None
        """The id of the last event."""

    def apply(self, event: dict[str, Any]) -> None:
        """Apply an event, which has to be one of the protocol."""
        oracle.check_event(event)
        self.events.append(event)
        match event["type"]:
            case "thread.created" | "thread.updated":
                self.id, self.title = event["thread"]["id"], event["thread"]["title"]
            case "thread.item.added" | "thread.item.done" | "thread.item.replaced":
                self.items[event["item"]["id"]] = event["item"]
            case "thread.item.removed":
                self.items.pop(event["item_id"], None)
            case "thread.item.updated":
                self._update(event["item_id"], event["update"])
            case "notice":
                self.notices.append(event["message"])
            case "error":
                self.errors.append(event["message"])

    def _update(self, id: str, update: dict[str, Any]) -> None:
        item = self.items[id]
        match update["type"]:
            case "assistant_message.content_part.added":
                item["content"] = [*item["content"], dict(update["content"])]
            case "assistant_message.content_part.text_delta":
                part = dict(item["content"][update["content_index"]])
                part["text"] += update["delta"]
                item["content"] = [part]
            case "assistant_message.content_part.done":
                assert item["content"][update["content_index"]]["text"] == update["content"]["text"]
            case "workflow.task.added":
                item["workflow"]["tasks"].insert(update["task_index"], update["task"])
            case "workflow.task.updated":
                item["workflow"]["tasks"][update["task_index"]] = update["task"]

    @property
    def said(self) -> list[str]:
        """The texts of the bot, in order."""
        return [
            part["text"]
            for item in self.items.values()
            if item["type"] == "assistant_message"
            for part in item["content"]
        ]

    @property
    def types(self) -> list[str]:
        """The types of the events so far, of updates those of the update."""
        return [event.get("update", event)["type"] for event in self.events]

    def widgets(self) -> list[dict[str, Any]]:
        """Return the widgets, in order."""
        return [item for item in self.items.values() if item["type"] == "widget"]

    def buttons(self) -> list[str]:
        """Return the labels of all buttons, in order."""
        return [each["label"] for widget in self.widgets() for each in widget["widget"]["children"]]


class Client:
    """A program or a page that talks to the bot for one user."""

    def __init__(self, http: httpx.AsyncClient, *, key: str = KEY) -> None:
        self.http = http
        self.key = key
        self.secret = ""

    async def create_session(self, user: str = "ada", **more: Any) -> dict[str, Any]:
        """Create a session, which the client uses from now on."""
        wish = {
            "user": user,
            "workflow": {"id": "wf_tests"},
            "rate_limits": {"max_requests_per_1_minute": 10_000},
            **more,
        }
        answer = await self.http.post("/v1/chatkit/sessions", json=wish, headers=bearer(self.key))
        answer.raise_for_status()
        session: dict[str, Any] = answer.json()
        self.secret = session["client_secret"]
        return session

    async def ask(self, type: str, **params: Any) -> httpx.Response:
        """Make a request that is answered with JSON."""
        return await self.http.post(
            "/v1/chatkit/conversation", json={"type": type, "params": params}, headers=bearer(self.secret)
        )

    async def events(
        self, type: str, *, key: str | None = None, **params: Any
    ) -> AsyncGenerator[tuple[str | None, dict[str, Any]]]:
        """Make a request that is answered with a stream, and yield its events with their ids. ``key`` is its
        idempotency key."""
        body = {"type": type, "params": params}
        oracle.check_request(body)
        headers = {**bearer(self.secret), **({} if key is None else {"Idempotency-Key": key})}
        async with self.http.stream("POST", "/v1/chatkit/conversation", json=body, headers=headers) as answer:
            if answer.status_code != 200:
                await answer.aread()
                answer.raise_for_status()
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for each in events_in(answer):
                yield each

    async def send(self, text: str, thread: Thread | None = None, **more: Any) -> Thread:
        """Send a message, into a new thread or a known one, and read the stream to its end."""
        thread = thread or Thread()
        if thread.id:
            return await self.read(thread, "threads.add_user_message", thread_id=thread.id, input=message(text, **more))
        return await self.read(thread, "threads.create", input=message(text, **more))

    async def press(self, thread: Thread, label: str) -> Thread:
        """Press a button of a widget, and read the stream to its end."""
        for widget in thread.widgets():
            for button in widget["widget"]["children"]:
                if button["label"] == label:
                    return await self.read(
                        thread,
                        "threads.custom_action",
                        thread_id=thread.id,
                        item_id=widget["id"],
                        action=button["onClickAction"],
                    )
        raise AssertionError(f"there is no button {label!r}, only {thread.buttons()}")

    async def resume(self, thread: Thread) -> Thread:
        """Come back after a lost connection, and read what was missed and what is still to come."""
        headers = {**bearer(self.secret), **({"Last-Event-ID": thread.last_id} if thread.last_id else {})}
        async with self.http.stream(
            "GET", "/v1/chatkit/conversation", params={"thread_id": thread.id}, headers=headers
        ) as answer:
            answer.raise_for_status()
            async for id, event in events_in(answer):
                thread.last_id = id or thread.last_id
                thread.apply(event)
        return thread

    async def read(self, thread: Thread, type: str, *, key: str | None = None, **params: Any) -> Thread:
        """Make a request, and apply what is streamed to the thread."""
        async for id, event in self.events(type, key=key, **params):
            thread.last_id = id or thread.last_id
            thread.apply(event)
        return thread


async def events_in(answer: httpx.Response) -> AsyncIterator[tuple[str | None, dict[str, Any]]]:
    """Yield the server-sent events of an answer, each with its id."""
    id: str | None = None
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            id = line.removeprefix("id: ")
        elif line.startswith("data: "):
            assert line != "data: [DONE]"
            yield id, json.loads(line.removeprefix("data: "))
            id = None


def bearer(secret: str) -> Mapping[str, str]:
    """Return the header that a key or a client secret goes into."""
    return {"Authorization": f"Bearer {secret}"}


def loopback_client(url: str = "") -> httpx.AsyncClient:
    """Return an HTTP client for this machine: it leaves out the certificates, which httpx takes 25 ms to read."""
    return httpx.AsyncClient(base_url=url, timeout=20, verify=False)


@asynccontextmanager
async def connected(url: str, user: str = "ada", **session: Any) -> AsyncIterator[Client]:
    """Return a client with a session, whose connections are closed after the block."""
    async with loopback_client(url) as http:
        client = Client(http)
        await client.create_session(user, **session)
        yield client
