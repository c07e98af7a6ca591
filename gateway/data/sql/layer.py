"""A data layer in SQL: what ``SQLAlchemyDataLayer`` and ``ChainlitDataLayer`` have in common."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog

from gateway.cursors import Place
from gateway.data import contents
from gateway.data.answers import page_of, page_wanted, step_given, thread_name, unknown_step
from gateway.data.base import BaseDataLayer
from gateway.data.sql import elements, feedbacks, pages, placeholders, steps, threads, users
from gateway.data.sql.deleted import of_shown_thread
from gateway.data.sql.transactions import Database, Transaction
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.element import Element, ElementDict
from gateway.step import StepDict
from gateway.types import Feedback, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from gateway.user import PersistedUser, User

log = structlog.get_logger(__name__)


class SQLDataLayer(BaseDataLayer):
    """Keeps threads in a SQL database.

    Every error of the database is raised; its text leaves the statement's parameters out. Times are ISO 8601 in UTC.
    NUL characters and halves of surrogate pairs, which databases refuse, become U+FFFD.

    Args:
        database: The database.
        storage_provider: Where the contents of elements go; without one only elements without content are kept.
        show_logger: Whether each call is logged.
    """

    def __init__(self, database: Database, storage_provider: BaseStorageClient | None, show_logger: bool) -> None:
        self._database = database
        self.engine = database.engine
        self.storage_provider = storage_provider
        self.show_logger = show_logger

    @asynccontextmanager
    async def _transaction(self, call: str, about: str | None) -> AsyncGenerator[Transaction]:
        if self.show_logger:
            log.info("data.call", call=call, about=about)
        async with self._database.transaction() as t:
            yield t

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Return the user with this identifier, None if there is none.

        Args:
            identifier: The unique and stable id: ``slack:TEAM:USER``.
        """
        async with self._transaction("get_user", identifier) as t:
            return await users.get(t, identifier)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Store a user and return it with its id; of one that is known the metadata are replaced.

        Args:
            user: The user.
        """
        async with self._transaction("create_user", user.identifier) as t:
            await users.put(t, user)
            return await users.get(t, user.identifier)

    async def get_thread_author(self, thread_id: str) -> str:
        """Return the identifier of the user a thread belongs to.

        Args:
            thread_id: The thread's id.

        Raises:
            ValueError: There is no such thread, or it belongs to nobody.
        """
        async with self._transaction("get_thread_author", thread_id) as t:
            _, identifier = await threads.owner(t, thread_id)
        if identifier is None:
            raise ValueError(f"Author not found for thread_id {thread_id}")
        return identifier

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Return a thread with its steps, their feedback and its elements, None if there is none.

        Args:
            thread_id: The thread's id.
        """
        async with self._transaction("get_thread", thread_id) as t:
            found = await threads.read(t, threads.one(t, thread_id))
        return next(iter(await self._signed(found)), None)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """Return a page of a user's threads with all that belongs to them, newest first.

        Args:
            pagination: Which page, of ``answers.PAGE_LIMIT`` threads at most.
            filters: Which threads; ``userId`` is needed.

        Raises:
            ValueError: ``filters.userId`` is missing, or the cursor is that of another query.
        """
        count, after = page_wanted(pagination, filters)
        async with self._transaction("list_threads", filters.userId) as t:
            found = await pages.page(t, filters, after, count + 1)
            more = len(found) > count
            del found[count:]
            await threads.fill(t, found)
        places = [Place(each["createdAt"] or None, each["id"]) for each in found]
        return page_of(await self._signed(found), places, filters, more=more)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Change a thread, or make it; what is not named stays.

        Args:
            thread_id: The thread's id.
            name: Its name; by default the ``name`` in the metadata, if there is one.
            user_id: The id of the user it belongs to.
            metadata: Keys to set, in one step with what others set; one whose value is None is deleted.
            tags: Its tags.

        Raises:
            ValueError: There is no user with this id.
        """
        values = {"name": thread_name(name, metadata), "userId": user_id, "tags": tags}
        async with self._transaction("update_thread", thread_id) as t:
            await threads.change(t, thread_id, values, metadata)

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread with its steps, feedback and elements in one transaction, and then the elements' contents.

        Args:
            thread_id: The thread's id.
        """
        async with self._transaction("delete_thread", thread_id) as t:
            keys = await threads.remove(t, thread_id)
        await contents.forget(self.storage_provider, keys)

    async def create_step(self, step_dict: StepDict) -> None:
        """Store a step, or what the dict names of one that is known. A thread that is missing is made; keys without a
        column are left out.

        Args:
            step_dict: The step; it is not changed.

        Raises:
            ValueError: The dict has no ``id``, or the step is new and the dict has no ``threadId``.
        """
        await self._put_step("create_step", step_dict)

    async def update_step(self, step_dict: StepDict) -> None:
        """Store what the dict names of a step; what it does not name stays. A step that is not known is made.

        Args:
            step_dict: The step; it is not changed.

        Raises:
            ValueError: The dict has no ``id``, or the step is new and the dict has no ``threadId``.
        """
        await self._put_step("update_step", step_dict)

    async def _put_step(self, call: str, step_dict: StepDict) -> None:
        given = step_given(step_dict)
        async with self._transaction(call, given["id"]) as t:
            if t.schema.layout.strict:
                await _make_referred(t, given)
            if await steps.change(t, given):
                return
            if not given.get("threadId"):
                raise unknown_step(given)
            await threads.make(t, given["threadId"])
            await steps.insert(t, given)

    async def get_step(self, step_id: str) -> StepDict | None:
        """Return a step with its feedback, None if there is none.

        Args:
            step_id: The step's id.
        """
        async with self._transaction("get_step", step_id) as t:
            steps_ = t.schema.steps
            return await steps.get(t, t.schema.equal(steps_.c.id, step_id), *of_shown_thread(t, steps_.c.threadId))

    async def delete_step(self, step_id: str) -> None:
        """Delete a step with its feedback and elements in one transaction, and then the elements' contents.

        Args:
            step_id: The step's id.
        """
        async with self._transaction("delete_step", step_id) as t:
            keys = await steps.remove(t, t.schema.equal(t.schema.steps.c.id, step_id))
        await contents.forget(self.storage_provider, keys)

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """Return the steps in a user's threads that are marked as favorites, newest first.

        Args:
            user_id: The user's id.
        """
        async with self._transaction("get_favorite_steps", user_id) as t:
            return await steps.favorites(t, user_id)

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Store what a user thinks of a step, once for each step, and return the feedback's id.

        Args:
            feedback: The feedback; its thread is that of the step.

        Raises:
            ValueError: There is no such step.
        """
        async with self._transaction("upsert_feedback", feedback.forId) as t:
            return await feedbacks.put(t, feedback)

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Delete a feedback, and return whether it was there.

        Args:
            feedback_id: The feedback's id.
        """
        async with self._transaction("delete_feedback", feedback_id) as t:
            return await feedbacks.remove(t, t.schema.equal(t.schema.feedbacks.c.id, feedback_id)) > 0

    async def create_element(self, element: Element | ElementDict) -> ElementDict | None:
        """Store an element: its content in the storage first, then its row. One of the same id is replaced, and a
        thread that is missing is made.

        Args:
            element: The element, or the dict of one.

        Returns:
            What was stored; None for content without a storage to put it into, which is logged.

        Raises:
            FileNotFoundError: There is no file at the element's ``path``.
            OSError: The storage did not take the content.
        """
        values = await contents.keep(self.storage_provider, element, self._owner)
        if values is None:
            return None
        async with self._transaction("create_element", values["id"]) as t:
            if values.get("threadId"):
                await threads.make(t, values["threadId"])
            await elements.put(t, values)
        return cast(ElementDict, values)

    async def _owner(self, thread_id: str) -> str | None:
        """Return the id of the user a thread belongs to, None where that is not known."""
        async with self._transaction("create_element", thread_id) as t:
            user_id, _ = await threads.owner(t, thread_id)
        return user_id

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """Return an element of a thread, None if there is none.

        Args:
            thread_id: The thread's id.
            element_id: The element's id.
        """
        async with self._transaction("get_element", element_id) as t:
            table = t.schema.elements
            which = [t.schema.equal(table.c.id, element_id), t.schema.equal(table.c.threadId, thread_id)]
            found = await elements.get(t, *which, *of_shown_thread(t, table.c.threadId))
        await contents.sign(self.storage_provider, [found] if found is not None else [])
        return found

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Delete an element, and then its content.

        Args:
            element_id: The element's id.
            thread_id: The thread it must belong to; None for any.
        """
        async with self._transaction("delete_element", element_id) as t:
            which = [t.schema.equal(t.schema.elements.c.id, element_id)]
            if thread_id is not None:
                which.append(t.schema.equal(t.schema.elements.c.threadId, thread_id))
            keys = await elements.remove(t, *which)
        await contents.forget(self.storage_provider, keys)

    async def _signed(self, found: list[ThreadDict]) -> list[ThreadDict]:
        for thread in found:
            await contents.sign(self.storage_provider, thread["elements"] or [])
        return found

    async def close(self) -> None:
        """Close the storage and the connections to the database."""
        if self.storage_provider is not None:
            await self.storage_provider.close()
        await self.engine.dispose()


async def _make_referred(t: Transaction, step: Mapping[str, Any]) -> None:
    """Insert the thread and the parent of a step where they are missing. The thread is the first, so that of two steps
    of a new thread that are stored at once neither holds what the other one waits for."""
    if step.get("threadId"):
        await threads.make(t, step["threadId"])
    if step.get("parentId"):
        await placeholders.make(t, step["parentId"])
