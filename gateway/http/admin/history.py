"""What was said: a thread with its steps, and searches."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from starlette.responses import Response

from gateway.errors import RequestRefused
from gateway.http.admin.call import PAGE, Call
from gateway.ports import Condition, RecordQuery

_STEPS = 200
"""Steps of a thread that are shown: the newest."""
_CHARACTERS = 400_000
_DEEPEST = 6
_LONGEST_SEARCH = 500


class ShownStep(NamedTuple):
    """A message or a step of a thread, and how deep it lies inside of others."""

    step: Mapping[str, Any]
    depth: int
    elements: Sequence[Mapping[str, Any]]


async def thread(call: Call) -> Response:
    """Return what was said in a thread, oldest first. Raises ``RequestRefused``: 404 where there is no such thread, 409
    where history is not kept here."""
    _require_history(call)
    id = call.required("id")
    found = await call.parts.store.thread(id, limit=_STEPS, characters=_CHARACTERS)
    if found is None:
        raise RequestRefused(404, f"there is no thread {id[:100]!r}: it may have been deleted")
    elements = [_linked(call, cast(Mapping[str, Any], each)) for each in found["elements"] or ()]
    steps = cast(Sequence[Mapping[str, Any]], found["steps"])
    depths: dict[str, int] = {}
    shown: list[ShownStep] = []
    for step in steps:
        parent = step.get("parentId") or ""
        depth = depths[step["id"]] = min(depths[parent] + 1, _DEEPEST) if parent in depths else 0
        shown.append(ShownStep(step, depth, [each for each in elements if each.get("forId") == step["id"]]))
    rows = await call.parts.store.record_page(RecordQuery("threads", [Condition("id", "eq", id)], limit=1))
    conversation = next((row["conversation"] or None for row in rows.rows), None)
    return call.page(
        "thread.html",
        here="conversations",
        thread=found,
        conversation=conversation,
        steps=shown,
        most=_STEPS,
        is_cut=len(steps) == _STEPS,
    )


async def search(call: Call) -> Response:
    """Return where a text was said, the newest first. Raises ``RequestRefused``: 400 for a text that is too long or a
    cursor of another search, 409 where history is not kept here."""
    _require_history(call)
    text, user = call.parameter("q"), call.parameter("user")
    if text is None:
        return call.page("search.html", here="search", q="", user=user or "", found=None, cursor=None, live=False)
    if len(text) > _LONGEST_SEARCH:
        raise RequestRefused(400, f"search for at most {_LONGEST_SEARCH} characters", where="q")
    conditions = [] if user is None else [Condition("userIdentifier", "eq", user)]
    try:
        page = await call.parts.store.search_steps(text, conditions, limit=PAGE, cursor=call.parameter("cursor"))
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    return call.page(
        "search.html", here="search", q=text, user=user or "", found=page.found, cursor=page.cursor, live=False
    )


def _require_history(call: Call) -> None:
    """Raise ``RequestRefused`` (409) where the store keeps no history."""
    if call.parts.history == "off":
        raise RequestRefused(409, "history is off here: GATEWAY_HISTORY=on keeps it")
    if call.parts.history == "layer":
        raise RequestRefused(409, "history is kept by the data layer that the bot registered: look there")


def _linked(call: Call, element: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an element with an address at which its content can be read, where there is one that a browser opens."""
    key = element.get("objectKey")
    url = element.get("url") or (call.parts.link(key) if key else None)
    safe = url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
    return {**element, "url": safe}
