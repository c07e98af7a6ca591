"""Data layers that a bot could have written: one that keeps all in memory, and says what it was asked."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any, TypeVar, cast

from gateway.data.base import BaseDataLayer
from gateway.element import Element, ElementDict
from gateway.step import StepDict
from gateway.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from gateway.user import PersistedUser, User

T = TypeVar("T")


class DictLayer(BaseDataLayer):
    """Keeps everything in dicts, and can be told to fail, to hang and to refuse a text."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        """The calls that succeeded, with what they were about."""
        self.tried = 0
        self.users: dict[str, PersistedUser] = {}
        self.threads: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, StepDict] = {}
        self.elements: dict[str, ElementDict] = {}
        self.feedback: dict[str, Feedback] = {}
        self.away: BaseException | None = None
        """What every call raises."""
        self.hangs = False
        self.refuses = ""
        """A step whose text has this in it is refused."""
        self.closed = False
        self._changed = asyncio.Condition()

    async def until(self, predicate: Callable[[], T]) -> T:
        """Wait until ``predicate`` returns something true, and return that; it is tried at every call."""
        async with asyncio.timeout(20), self._changed:
            return await self._changed.wait_for(predicate)

    def said(self, type: str = "") -> list[str]:
        """The texts of the steps, of this type or of all, in the order in which they came."""
        return [step.get("output", "") for step in self.steps.values() if type in step.get("type", "")]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _called(self, name: str, about: Any) -> None:
        self.tried += 1
        await self._tell()
        if self.hangs:
            await asyncio.Event().wait()
        if self.away is not None:
            raise self.away
        if self.refuses and isinstance(about, dict) and self.refuses in cast(StepDict, about).get("output", ""):
            raise RuntimeError("this text is not taken")
        self.calls.append((name, copy.deepcopy(about)))

    async def get_user(self, identifier: str) -> PersistedUser | None:
        await self._called("get_user", identifier)
        return self.users.get(identifier)

    async def create_user(self, user: User) -> PersistedUser | None:
        await self._called("create_user", user.identifier)
        id = f"id of {user.identifier}"
        self.users[user.identifier] = PersistedUser(id, "2026", user.identifier, metadata=user.metadata)
        return self.users[user.identifier]

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        given = {"name": name, "user_id": user_id, "metadata": metadata, "tags": tags}
        named = {key: value for key, value in given.items() if value is not None}
        await self._called("update_thread", {"id": thread_id, **named})
        self.threads.setdefault(thread_id, {}).update(named)

    async def create_step(self, step_dict: StepDict) -> None:
        await self._called("create_step", step_dict)
        self.steps[step_dict.get("id", "")] = copy.deepcopy(step_dict)
        await self._tell()

    async def update_step(self, step_dict: StepDict) -> None:
        await self._called("update_step", step_dict)
        id = step_dict.get("id", "")
        if id not in self.steps:
            raise KeyError(id)
        self.steps[id] = cast(StepDict, {**self.steps[id], **step_dict})
        await self._tell()

    async def delete_step(self, step_id: str) -> None:
        await self._called("delete_step", step_id)
        self.steps.pop(step_id, None)
        await self._tell()

    async def upsert_feedback(self, feedback: Feedback) -> str:
        await self._called("upsert_feedback", feedback.forId)
        assert feedback.id is not None
        self.feedback[feedback.id] = feedback
        return feedback.id

    async def delete_feedback(self, feedback_id: str) -> bool:
        await self._called("delete_feedback", feedback_id)
        return self.feedback.pop(feedback_id, None) is not None

    async def create_element(self, element: Element | ElementDict) -> None:
        values = element if isinstance(element, dict) else element.to_dict()
        await self._called("create_element", values)
        self.elements[values.get("id", "")] = copy.copy(values)

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        return self.elements.get(element_id)

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        await self._called("delete_element", element_id)
        self.elements.pop(element_id, None)

    async def get_thread_author(self, thread_id: str) -> str:
        raise ValueError(thread_id)

    async def delete_thread(self, thread_id: str) -> None:
        self.threads.pop(thread_id, None)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        return PaginatedResponse(PageInfo(False, None, None), [])

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        await self._called("get_thread", thread_id)
        thread = self.threads.get(thread_id)
        if thread is None:
            return None
        return {
            "id": thread_id,
            "createdAt": "2026-01-01T00:00:00Z",
            "name": thread.get("name"),
            "userId": thread.get("user_id"),
            "userIdentifier": None,
            "tags": [],
            "metadata": thread.get("metadata"),
            "steps": [step for step in self.steps.values() if step.get("threadId") == thread_id],
            "elements": [],
        }

    async def close(self) -> None:
        self.closed = True
