"""A data layer on Amazon DynamoDB, in Chainlit's documented single table. An existing table is read and written as it
is."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import structlog

from gateway.data import contents
from gateway.data.answers import page_of, page_wanted, step_given, thread_name, unknown_step
from gateway.data.base import BaseDataLayer
from gateway.data.dynamo import elements, keys, pages, steps, threads, users
from gateway.data.dynamo.client import Client
from gateway.data.dynamo.places import Places
from gateway.data.dynamo.table import Table
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.data.values import clean
from gateway.element import Element, ElementDict
from gateway.step import StepDict
from gateway.types import Feedback, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from gateway.user import PersistedUser, User

log = structlog.get_logger(__name__)


class DynamoDBDataLayer(BaseDataLayer):
    """Keeps threads in a table of DynamoDB with Chainlit's documented keys and index, which somebody has created.

    Every error of DynamoDB is raised, after what it throttled was tried again. Times are ISO 8601 in UTC. A value of a
    step or an element may be longer than the 400 KB that an item holds. What needs several items is not one
    transaction: a deletion that was broken off is done again.

    Args:
        table_name: The table's name or ARN.
        client: A client of DynamoDB: of aiobotocore, or a synchronous one of boto3, which is called in threads. By
            default one of aiobotocore with the environment's credentials, in the region of ``AWS_REGION``.
        storage_provider: Where the contents of elements go; without one only elements without content are kept.
        user_thread_limit: How many threads ``get_all_user_threads`` returns at most.
        show_logger: Whether each call is logged.

    Raises:
        TypeError: ``client`` is not a client of DynamoDB.
        ImportError: aiobotocore is needed and not installed.
    """

    def __init__(
        self,
        table_name: str,
        client: Any | None = None,
        storage_provider: BaseStorageClient | None = None,
        user_thread_limit: int = 10,
        show_logger: bool = False,
    ) -> None:
        self._client = Client(client)
        self._table = Table(table_name, self._client)
        self._places = Places(self._table)
        self.table_name = table_name
        self.storage_provider = storage_provider
        self.user_thread_limit = user_thread_limit
        self.show_logger = show_logger

    def _note(self, call: str, about: str | None) -> None:
        if self.show_logger:
            log.info("data.call", call=call, about=about)

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Return the user with this identifier, None if there is none.

        Args:
            identifier: The unique and stable id: ``slack:TEAM:USER``.
        """
        self._note("get_user", identifier)
        return await users.get(self._table, identifier)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Store a user and return it with its id, which is the identifier; of one that is known the metadata are
        replaced.

        Args:
            user: The user.
        """
        self._note("create_user", user.identifier)
        return await users.put(self._table, user)

    async def get_thread_author(self, thread_id: str) -> str:
        """Return the identifier of the user a thread belongs to.

        Args:
            thread_id: The thread's id.

        Raises:
            ValueError: There is no such thread, or it belongs to nobody.
        """
        self._note("get_thread_author", thread_id)
        _, identifier = await threads.owner(self._table, thread_id)
        if identifier is None:
            raise ValueError(f"Author not found for thread_id {thread_id}")
        return identifier

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Return a thread with its steps, their feedback and its elements, None if there is none.

        Args:
            thread_id: The thread's id.
        """
        self._note("get_thread", thread_id)
        found = await threads.get(self._table, thread_id)
        return None if found is None else await self._signed(found)

    async def get_all_user_threads(
        self, user_id: str | None = None, thread_id: str | None = None
    ) -> list[ThreadDict] | None:
        """Return the newest threads of a user, ``user_thread_limit`` at most, or one thread; None if there is no such.

        Args:
            user_id: The user's id.
            thread_id: The thread's id.
        """
        if thread_id is not None:
            thread = await self.get_thread(thread_id)
            return None if thread is None else [thread]
        self._note("get_all_user_threads", user_id)
        found = await pages.page(self._table, ThreadFilter(userId=user_id), None, self.user_thread_limit)
        return [await self._signed(thread) for _, thread in found]

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """Return a page of a user's threads with all that belongs to them, newest first. Each thread is a query of its
        own, and a search reads threads until the page is full, or all of the user's.

        Args:
            pagination: Which page, of ``answers.PAGE_LIMIT`` threads at most.
            filters: Which threads; ``userId`` is needed.

        Raises:
            ValueError: ``filters.userId`` is missing, or the cursor is that of another query.
        """
        self._note("list_threads", filters.userId)
        count, after = page_wanted(pagination, filters)
        found = await pages.page(self._table, filters, after, count + 1)
        more = len(found) > count
        del found[count:]
        threads_ = [await self._signed(thread) for _, thread in found]
        return page_of(threads_, [each for each, _ in found], filters, more=more)

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
            metadata: Keys to set, in one step with what others set; one whose value is None is deleted. Of more than
                100 keys, each hundred is a step.
            tags: Its tags.

        Raises:
            ValueError: There is no user with this id.
            TooLarge: The thread's metadata would be larger than 400 KB.
        """
        self._note("update_thread", thread_id)
        values = {"name": thread_name(name, metadata), "userId": user_id, "tags": tags}
        await threads.change(self._table, thread_id, values, metadata)

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread with its steps, feedback and elements, and then the elements' contents.

        Args:
            thread_id: The thread's id.
        """
        self._note("delete_thread", thread_id)
        await contents.forget(self.storage_provider, await threads.remove(self._table, thread_id))

    async def create_step(self, step_dict: StepDict) -> None:
        """Store a step, or what the dict names of one that is known. A thread that is missing is made.

        Args:
            step_dict: The step; it is not changed.

        Raises:
            ValueError: The dict has no ``id``, or the step is new and the dict has no ``threadId``.
        """
        given = self._given("create_step", step_dict)
        if given.get("threadId"):
            await self._make_step(given)
        elif not await steps.change(self._table, self._places, given):
            raise unknown_step(given)

    async def update_step(self, step_dict: StepDict) -> None:
        """Store what the dict names of a step; what it does not name stays. A step that is not known is made.

        Args:
            step_dict: The step; it is not changed.

        Raises:
            ValueError: The dict has no ``id``, or the step is new and the dict has no ``threadId``.
        """
        given = self._given("update_step", step_dict)
        if await steps.change(self._table, self._places, given):
            return
        if not given.get("threadId"):
            raise unknown_step(given)
        await self._make_step(given)

    async def _make_step(self, given: Mapping[str, Any]) -> None:
        key = keys.step(given["threadId"], given["id"])
        await asyncio.gather(threads.make(self._table, given["threadId"]), self._places.put(key))
        await steps.put(self._table, key, given)

    def _given(self, call: str, step_dict: StepDict) -> dict[str, Any]:
        """Return what a dict names of a step, as it is kept."""
        given: dict[str, Any] = clean(step_given(step_dict))
        self._note(call, given["id"])
        return given

    async def get_step(self, step_id: str) -> StepDict | None:
        """Return a step with its feedback, None if there is none.

        Args:
            step_id: The step's id.
        """
        self._note("get_step", step_id)
        return await steps.get(self._table, self._places, step_id)

    async def delete_step(self, step_id: str) -> None:
        """Delete a step with its feedback and elements, and then the elements' contents.

        Args:
            step_id: The step's id.
        """
        self._note("delete_step", step_id)
        await contents.forget(self.storage_provider, await steps.remove(self._table, self._places, step_id))

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """Return the steps in a user's threads that are marked as favorites, newest first. All of these threads are
        read.

        Args:
            user_id: The user's id.
        """
        self._note("get_favorite_steps", user_id)
        return await pages.favorites(self._table, user_id)

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Store what a user thinks of a step, once for each step, and return the feedback's id, which names the step.

        Args:
            feedback: The feedback; its thread is that of the step.

        Raises:
            ValueError: There is no such step.
        """
        self._note("upsert_feedback", feedback.forId)
        return await steps.rate(self._table, self._places, feedback)

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Delete a feedback, and return whether it was there.

        Args:
            feedback_id: The feedback's id.
        """
        self._note("delete_feedback", feedback_id)
        return await steps.unrate(self._table, feedback_id)

    async def create_element(self, element: Element | ElementDict) -> ElementDict | None:
        """Store an element: its content in the storage first, then its item. Of one that is known, what the element
        names is set. A thread that is missing is made.

        Args:
            element: The element, or the dict of one.

        Returns:
            What was stored; None for content without a storage to put it into, which is logged.

        Raises:
            ValueError: The element has no ``id`` or no ``threadId``.
            FileNotFoundError: There is no file at the element's ``path``.
            OSError: The storage did not take the content.
        """
        named = cast(Mapping[str, Any], element if isinstance(element, Mapping) else element.to_dict())
        for name in ("id", "threadId"):
            if not named.get(name):
                raise ValueError(f"an element needs {name}: the table keeps it beside its thread")
        self._note("create_element", named["id"])
        values = await contents.keep(self.storage_provider, element, self._owner)
        if values is None:
            return None
        at = keys.element(values["threadId"], values["id"])
        await asyncio.gather(threads.make(self._table, values["threadId"]), self._places.put(at))
        await elements.put(self._table, at, clean(values))
        return cast(ElementDict, values)

    async def _owner(self, thread_id: str) -> str | None:
        user_id, _ = await threads.owner(self._table, thread_id)
        return user_id

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """Return an element of a thread, None if there is none.

        Args:
            thread_id: The thread's id.
            element_id: The element's id.
        """
        self._note("get_element", element_id)
        found = await elements.get(self._table, thread_id, element_id)
        await contents.sign(self.storage_provider, [found] if found is not None else [])
        return found

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Delete an element, and then its content.

        Args:
            element_id: The element's id.
            thread_id: The thread it must belong to; None for any.
        """
        self._note("delete_element", element_id)
        await contents.forget(
            self.storage_provider, await elements.remove(self._table, self._places, element_id, thread_id)
        )

    async def _signed(self, thread: ThreadDict) -> ThreadDict:
        await contents.sign(self.storage_provider, thread["elements"] or [])
        return thread

    async def close(self) -> None:
        """Close the storage, and the client, also one that was given."""
        if self.storage_provider is not None:
            await self.storage_provider.close()
        await self._client.close()
