"""The dead letters: listed, and where changes are allowed run again or dropped."""

from typing import Literal

from starlette.responses import RedirectResponse, Response

from gateway.errors import RequestRefused
from gateway.http.admin.call import PAGE, Call
from gateway.http.admin.rendering import link
from gateway.telemetry.context import reference

_ACTIONS: tuple[Literal["retry", "drop"], ...] = ("retry", "drop")
_DONE = {"retry": "put back into the inbox", "drop": "dropped"}
_LETTERS = {"1": "1 dead letter was", "0": "No dead letter was"}


async def dead_letters(call: Call) -> Response:
    """Return a page of dead letters, the newest first. Raises ``RequestRefused`` (400) for a cursor of another list."""
    cursor = call.parameter("cursor")
    try:
        page = await call.parts.store.given_up(limit=PAGE, cursor=cursor)
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    return call.page(
        "dead_letters.html",
        here="dead-letters",
        entries=page.entries,
        cursor=page.cursor,
        done=_said(call),
        first=cursor,
    )


async def change(call: Call) -> Response:
    """Run dead letters again, or drop them once that is confirmed; then lead back to the list."""
    form = await call.form()
    keys = list(dict.fromkeys(form.get("key", ())))
    [action, *_] = form.get("action") or [""]
    if action not in _ACTIONS:
        raise RequestRefused(400, "say what to do with the dead letters: retry or drop", where="action")
    if not keys:
        raise RequestRefused(400, "choose at least one dead letter", where="key")
    if len(keys) > PAGE:
        raise RequestRefused(400, f"choose at most {PAGE} dead letters at once", where="key")
    if action == "drop" and form.get("confirmed") != ["yes"]:
        return call.page("drop.html", here="dead-letters", keys=keys, live=False)
    store = call.parts.store
    count = await (store.retry(keys) if action == "retry" else store.drop(keys))
    await call.parts.access.note(
        call.visitor.key,
        "dead_letters.retried" if action == "retry" else "dead_letters.dropped",
        count=count,
        references=[reference(key) for key in keys],
    )
    return RedirectResponse(link("dead-letters", **{action: str(count)}), 303)


def _said(call: Call) -> str | None:
    """Return what was done a moment ago, as the address says it."""
    for action in _ACTIONS:
        count = call.parameter(action)
        if count is not None and count.isascii() and count.isdigit() and int(count[:9]) <= PAGE:
            return f"{_LETTERS.get(count, f'{int(count)} dead letters were')} {_DONE[action]}."
    return None
