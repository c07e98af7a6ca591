"""What all data layers make of their arguments, and pages of threads, alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.cursors import Place, cursor_of, place_of
from gateway.step import StepDict
from gateway.types import PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter

PAGE_LIMIT = 1_000
"""Threads on one page at most."""


def page_wanted(pagination: Pagination, filters: ThreadFilter) -> tuple[int, Place | None]:
    """Return how many threads a page has at most, and the place it begins behind. Raises ``ValueError`` where no user
    is named, or the cursor is that of another query."""
    if not filters.userId:
        raise ValueError("userId is required")
    return min(max(1, pagination.first), PAGE_LIMIT), place_of(pagination.cursor or None, *_query(filters))


def page_of(
    threads: Sequence[ThreadDict], places: Sequence[Place], filters: ThreadFilter, *, more: bool
) -> PaginatedResponse[ThreadDict]:
    """Return a page of threads. ``places`` are those of the threads, and ``more`` says whether others follow."""
    start, end = [cursor_of(each, *_query(filters)) for each in (places[0], places[-1])] if places else (None, None)
    return PaginatedResponse(pageInfo=PageInfo(hasNextPage=more, startCursor=start, endCursor=end), data=list(threads))


def _query(filters: ThreadFilter) -> tuple[object, ...]:
    return filters.userId, filters.search, filters.feedback


def step_given(step_dict: StepDict) -> dict[str, Any]:
    """Return what a dict names of a step itself. Raises ``ValueError`` for one without an id."""
    given: dict[str, Any] = {name: value for name, value in step_dict.items() if value is not None}
    for of_others in ("feedback", "updatedAt"):
        given.pop(of_others, None)
    if "showInput" in given:
        given["showInput"] = str(given["showInput"]).lower()
    if not given.get("id"):
        raise ValueError("a step needs an id")
    return given


def unknown_step(given: Mapping[str, Any]) -> ValueError:
    """Return the error for a step that can be neither changed nor made."""
    return ValueError(f"the step {given['id']!r} is not known, and the dict names no threadId")


def thread_name(name: str | None, metadata: Mapping[str, Any] | None) -> str | None:
    """Return the name that a thread is given: by its metadata, where it is not named otherwise."""
    named = (metadata or {}).get("name") if name is None else name
    return named if isinstance(named, str) else None
