"""The interface of a data layer: Chainlit's documented one."""

from abc import ABC, abstractmethod
from typing import Any

from gateway.element import Element, ElementDict
from gateway.step import StepDict
from gateway.types import Feedback, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from gateway.user import PersistedUser, User


class BaseDataLayer(ABC):
    """Keeps users, threads, steps, elements and feedback. Register one's own with ``@data_layer``."""

    @abstractmethod
    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Return the user with this identifier, None if there is none.

        Args:
            identifier: The unique and stable id: ``slack:TEAM:USER``.
        """

    @abstractmethod
    async def create_user(self, user: User) -> PersistedUser | None:
        """Store a user, or new metadata of one that is known.

        Args:
            user: The user.
        """

    @abstractmethod
    async def delete_feedback(self, feedback_id: str) -> bool:
        """Delete a feedback, and return whether it was there.

        Args:
            feedback_id: The feedback's id.
        """

    @abstractmethod
    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Store what a user thinks of a step, once for each step, and return the feedback's id.

        Args:
            feedback: The feedback.
        """

    @abstractmethod
    async def create_element(self, element: Element | ElementDict) -> Any:
        """Store an element and its content.

        Args:
            element: The element, or the dict of one.
        """

    @abstractmethod
    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """Return an element of a thread, None if there is none.

        Args:
            thread_id: The thread's id.
            element_id: The element's id.
        """

    @abstractmethod
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> Any:
        """Delete an element and its content.

        Args:
            element_id: The element's id.
            thread_id: The thread it must belong to; None for any.
        """

    @abstractmethod
    async def create_step(self, step_dict: StepDict) -> Any:
        """Store a step, or what the dict names of one that is known.

        Args:
            step_dict: The step; it is not changed.
        """

    @abstractmethod
    async def update_step(self, step_dict: StepDict) -> Any:
        """Store what the dict names of a step; what it does not name stays.

        Args:
            step_dict: The step; it is not changed.
        """

    @abstractmethod
    async def delete_step(self, step_id: str) -> Any:
        """Delete a step with its feedback and elements.

        Args:
            step_id: The step's id.
        """

    @abstractmethod
    async def get_thread_author(self, thread_id: str) -> str:
        """Return the identifier of the user a thread belongs to.

        Args:
            thread_id: The thread's id.

        Raises:
            ValueError: There is no such thread, or it belongs to nobody.
        """

    @abstractmethod
    async def delete_thread(self, thread_id: str) -> Any:
        """Delete a thread with all that belongs to it.

        Args:
            thread_id: The thread's id.
        """

    @abstractmethod
    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """Return a page of a user's threads, newest first.

        Args:
            pagination: Which page.
            filters: Which threads; ``userId`` is needed.

        Raises:
            ValueError: ``filters.userId`` is missing, or the cursor is that of another query.
        """

    @abstractmethod
    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Return a thread with its steps and elements, None if there is none.

        Args:
            thread_id: The thread's id.
        """

    @abstractmethod
    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> Any:
        """Change a thread, or make it; what is not named stays.

        Args:
            thread_id: The thread's id.
            name: Its name.
            user_id: The id of the user it belongs to.
            metadata: Keys to set; one whose value is None is deleted.
            tags: Its tags.
        """

    async def build_debug_url(self) -> str:
        """Return the address of a page that shows the data; empty where there is none."""
        return ""

    async def close(self) -> None:
        """Release what the layer holds."""
        return None

    async def delete_user_session(self, id: str) -> bool:
        """Forget what is kept of a session beside its thread, and return whether there was anything.

        Args:
            id: The session's id.
        """
        return False

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """Return the steps a user marked as favorites.

        Args:
            user_id: The user's id.
        """
        return []

    async def set_step_favorite(self, step_dict: StepDict, favorite: bool) -> StepDict:
        """Mark a step as a favorite, or no longer, in its metadata, and return it.

        Args:
            step_dict: The step; it is not changed.
            favorite: Whether it is one.
        """
        changed: StepDict = {**step_dict, "metadata": {**(step_dict.get("metadata") or {}), "favorite": favorite}}
        await self.update_step(changed)
        return changed
