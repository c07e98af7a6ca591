"""Serves the administration of ChatKit, in the shapes of OpenAI's SDK: sessions with an API key, threads and items."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.chatkit.answers import checked, read_json
from adapters.chatkit.attachments import Attachments
from adapters.chatkit.configuration import SessionRequest
from adapters.chatkit.limits import LARGEST_PAGE, PAGE
from adapters.chatkit.removal import Removal
from adapters.chatkit.sessions import Sessions
from adapters.chatkit.threads import Item, Page, Thread, ThreadStore, seconds_of
from gateway.adapter import ApiAccess
from gateway.errors import RequestRefused


class AdminApi:
    """Makes and cancels sessions, lists and deletes threads, takes uploads."""

    def __init__(
        self,
        *,
        access: ApiAccess,
        sessions: Sessions,
        threads: ThreadStore,
        attachments: Attachments,
        removal: Removal,
        max_body_bytes: int,
    ) -> None:
        self._access = access
        self._sessions = sessions
        self._threads = threads
        self._attachments = attachments
        self._removal = removal
        self._limit = max_body_bytes

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes below ``/v1/chatkit``."""
        return [
            Route("/sessions", self._create, methods=["POST"]),
            Route("/sessions/{id}/cancel", self._cancel, methods=["POST"]),
            Route("/threads", self._list, methods=["GET"]),
            Route("/threads/{id}", self._retrieve, methods=["GET"]),
            Route("/threads/{id}", self._delete, methods=["DELETE"]),
            Route("/threads/{id}/items", self._items, methods=["GET"]),
            Route("/files", self._upload, methods=["POST"]),
        ]

    async def _create(self, request: Request) -> Response:
        key = await self._access.authorize(request, "write")
        wish = checked(SessionRequest, await read_json(request, limit=self._limit))
        session, secret = await self._sessions.create(wish)
        over = await self._sessions.long_over(wish.user)
        await self._attachments.forget(over)
        await self._sessions.remove(over)
        await self._access.note(key, "chatkit.session.created", session=session.id)
        return JSONResponse(session.as_json(secret, self._sessions.now()))

    async def _cancel(self, request: Request) -> Response:
        key = await self._access.authorize(request, "write")
        session = await self._sessions.cancel(request.path_params["id"])
        await self._access.note(key, "chatkit.session.cancelled", session=session.id)
        return JSONResponse(session.as_json("", self._sessions.now()))

    async def _list(self, request: Request) -> Response:
        await self._access.authorize(request, "read")
        user = request.query_params.get("user")
        page = await self._threads.page(user=user, **_wanted(request))
        return JSONResponse(_listed(page, [thread_of(each) for each in page.data]))

    async def _retrieve(self, request: Request) -> Response:
        await self._access.authorize(request, "read")
        return JSONResponse(thread_of(await self._threads.find(request.path_params["id"])))

    async def _delete(self, request: Request) -> Response:
        key = await self._access.authorize(request, "write")
        thread = await self._threads.find(request.path_params["id"])
        await self._removal.delete(thread)
        await self._access.note(key, "chatkit.thread.deleted", thread=thread.id)
        return JSONResponse({"id": thread.id, "object": "chatkit.thread.deleted", "deleted": True})

    async def _items(self, request: Request) -> Response:
        await self._access.authorize(request, "read")
        thread = await self._threads.find(request.path_params["id"])
        page = await self._threads.items(thread.id, **_wanted(request))
        return JSONResponse(_listed(page, [item_of(each) for each in page.data]))

    async def _upload(self, request: Request) -> Response:
        session = await self._sessions.authenticate(request)
        return JSONResponse((await self._attachments.upload(request, session)).as_json())


def thread_of(thread: Thread) -> dict[str, Any]:
    """Return a thread in the shape of the SDK (``ChatKitThread``)."""
    return {
        "id": thread.id,
        "object": "chatkit.thread",
        "created_at": int(thread.created_at),
        "title": thread.title,
        "status": {"type": "active"},
        "user": thread.user,
        "metadata": dict(thread.metadata),
    }


def item_of(item: Item) -> dict[str, Any]:
    """Return an item in the shape of the SDK (``ChatKitThreadItemList.data``)."""
    base = {
        "id": item["id"],
        "object": "chatkit.thread_item",
        "type": f"chatkit.{item['type']}",
        "thread_id": item["thread_id"],
        "created_at": int(seconds_of(item["created_at"])),
    }
    match item["type"]:
        case "user_message":
            return base | _user_message(item)
        case "assistant_message":
            return base | {"content": [_output(part) for part in item["content"]]}
        case "workflow":
            tasks = [
                {"type": "custom", "heading": each["title"], "summary": each["content"]}
                for each in item["workflow"]["tasks"]
            ]
            return base | {"type": "chatkit.task_group", "tasks": tasks}
        case _:
            return base | {"type": "chatkit.widget", "widget": json.dumps(item["widget"], ensure_ascii=False)}


def _user_message(item: Item) -> dict[str, Any]:
    content = [{"type": "input_text", "text": part["text"]} for part in item["content"]]
    if item["quoted_text"]:
        content.append({"type": "quoted_text", "text": item["quoted_text"]})
    attachments = [{"preview_url": None, **each} for each in item["attachments"]]
    return {"content": content, "attachments": attachments, "inference_options": item["inference_options"]}


def _output(part: Mapping[str, Any]) -> dict[str, Any]:
    annotations = [
        {"type": source["type"], "source": source} for source in (each["source"] for each in part["annotations"])
    ]
    return {"type": "output_text", "text": part["text"], "annotations": annotations}


def _wanted(request: Request) -> dict[str, Any]:
    """Return what the query asks of a page. Raises ``RequestRefused`` (400)."""
    given = request.query_params
    limit, order = given.get("limit", str(PAGE)), given.get("order", "desc")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 9 and 1 <= int(limit) <= LARGEST_PAGE):
        raise RequestRefused(400, f"limit must be a number from 1 to {LARGEST_PAGE}", where="limit")
    if order not in ("asc", "desc"):
        raise RequestRefused(400, "order must be asc or desc", where="order")
    return {
        "limit": int(limit),
        "newest_first": order == "desc",
        "after": given.get("after"),
        "before": given.get("before"),
    }


def _listed(page: Page[Any], data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": page.has_more,
    }
