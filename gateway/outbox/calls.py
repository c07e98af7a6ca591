"""Records of history as calls of the documented methods of a data layer."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog

from gateway.data import BaseDataLayer
from gateway.data.values import clean
from gateway.element import ElementDict
from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    ThreadRecord,
    UserRecord,
)
from gateway.model.text import time_text
from gateway.outbox.bounded import bounded
from gateway.outbox.elements import ElementFiles
from gateway.step import StepDict
from gateway.types import Feedback, ThreadDict
from gateway.user import User

log = structlog.get_logger(__name__)

_ORDER: Mapping[type[Record], int] = {
    kind: place
    for place, kind in enumerate(
        (UserRecord, ThreadRecord, StepRecord, ElementRecord, FeedbackRecord, ThreadNamed, StepEdited, Removed)
    )
}
"""In which order the records of a turn are delivered: first those that others name, last what takes something back."""
_PEOPLE = 10_000
"""Of how many people the layer's own id is remembered."""

_BYTES_A_SECOND = 1_000_000
"""How fast a layer takes contents at least."""


class LayerCalls:
    """Hands records to a data layer.

    Args:
        files: Gives the contents of elements.
        timeout: Seconds that one call of the layer may take; with an element's content a second more for each megabyte.
    """

    def __init__(self, files: ElementFiles, *, timeout: float) -> None:
        self._files = files
        self._timeout = timeout
        self._ids: OrderedDict[str, str | None] = OrderedDict()
        """The layer's ids of people, by identifier."""

    async def deliver(self, layer: BaseDataLayer, records: Sequence[Record]) -> None:
        """Make the calls for the records of one turn. When this raises what the layer raised, or ``TimeoutError``, some
        of them were made; calling it again repeats them, with the same ids."""
        for record in sorted(records, key=lambda record: _ORDER[type(record)]):
            match record:
                case UserRecord():
                    await self._user(layer, record.identifier, record.metadata)
                case ThreadRecord():
                    await self._thread(layer, record)
                case StepRecord():
                    await self._step(layer, _step(record))
                case ElementRecord():
                    await self._element(layer, record)
                case ThreadNamed():
                    await self._wait(layer.update_thread(record.id, name=clean(record.name or "")))
                case FeedbackRecord() | StepEdited() | Removed():
                    await self._about_known(layer, record)

    def forget(self, person: str) -> None:
        """Forget the layer's id of a person."""
        self._ids.pop(person, None)

    async def _wait(self, result: object) -> Any:
        return await bounded(result, self._timeout)

    async def _user(self, layer: BaseDataLayer, identifier: str, metadata: Mapping[str, Any]) -> str | None:
        """Store a person, and return the layer's id of them."""
        made = await self._wait(layer.create_user(User(identifier, metadata=clean(dict(metadata)))))
        if made is None:  # the interface allows it
            made = await self._wait(layer.get_user(identifier))
        id = self._ids[identifier] = None if made is None else str(made.id)
        self._ids.move_to_end(identifier)
        while len(self._ids) > _PEOPLE:
            self._ids.popitem(last=False)
        return id

    async def _id_of(self, layer: BaseDataLayer, identifier: str) -> str | None:
        """Return the layer's id of a person, who is stored if the layer does not know them."""
        if identifier in self._ids:
            return self._ids[identifier]
        known = await self._wait(layer.get_user(identifier))
        if known is None:
            return await self._user(layer, identifier, {})
        self._ids[identifier] = str(known.id)
        return str(known.id)

    async def _thread(self, layer: BaseDataLayer, record: ThreadRecord) -> None:
        user_id = await self._id_of(layer, record.user) if record.user else None
        name = None if record.name is None or await self._has_name(layer, record.id) else clean(record.name)
        metadata = clean(dict(record.metadata))
        try:
            await self._wait(layer.update_thread(record.id, name=name, user_id=user_id, metadata=metadata))
        except Exception:
            self._ids.pop(record.user, None)  # the person may have been deleted there
            raise

    async def _step(self, layer: BaseDataLayer, step: StepDict) -> None:
        try:
            await self._wait(layer.create_step(step))
        except TimeoutError:
            raise
        except Exception:
            # A layer may refuse a step that it has: one that changed, or whose delivery was not noted.
            if not await self._has_step(layer, step):
                raise
            await self._wait(layer.update_step(step))

    async def _has_step(self, layer: BaseDataLayer, step: StepDict) -> bool:
        try:
            thread: ThreadDict | None = await self._wait(layer.get_thread(step.get("threadId", "")))
            return thread is not None and any(each.get("id") == step.get("id") for each in thread["steps"])
        except Exception as error:
            # What cannot be read is not there: the error of ``create_step`` is the one to report.
            log.debug("data_layer.thread_unread", error=f"{type(error).__name__}: {error}")
            return False

    async def _element(self, layer: BaseDataLayer, record: ElementRecord) -> None:
        async with self._files.opened(record) as (element, size):
            await bounded(layer.create_element(cast(ElementDict, element)), self._timeout + size / _BYTES_A_SECOND)

    async def _has_name(self, layer: BaseDataLayer, id: str) -> bool:
        """Return whether a thread has a name there, which the bot gave it. What cannot be read has none."""
        try:
            thread = await self._wait(layer.get_thread(id))
            return bool(thread and thread.get("name"))
        except Exception as error:
            # A layer that only writes is good enough.
            log.debug("data_layer.thread_unread", error=f"{type(error).__name__}: {error}")
            return False

    async def _about_known(self, layer: BaseDataLayer, record: FeedbackRecord | StepEdited | Removed) -> None:
        """Deliver what concerns something that is kept. Where the layer does not know that (``ValueError`` or
        ``KeyError``), because it is older than the layer or was deleted there, nothing changes."""
        try:
            match record:
                case FeedbackRecord():
                    await self._wait(layer.upsert_feedback(_feedback(record)))
                case StepEdited():
                    changed: StepDict = {"id": record.id, "output": clean(record.output)}
                    await self._wait(layer.update_step(changed))
                case Removed("step", id):
                    await self._wait(layer.delete_step(id))
                case Removed("element", id):
                    await self._wait(layer.delete_element(id))
                case Removed(_, id):
                    await self._wait(layer.delete_feedback(id))
        except (ValueError, KeyError) as error:
            log.warning("data_layer.unknown", about=type(record).__name__, error=f"{type(error).__name__}: {error}")


def _step(record: StepRecord) -> StepDict:
    at = time_text(record.created_at)
    step: StepDict = {
        "id": record.id,
        "threadId": record.thread,
        "parentId": record.parent,
        "name": str(record.name),
        "type": str(record.type),
        "command": record.command,
        "streaming": False,
        "waitForAnswer": False,
        "isError": bool(record.is_error),
        "metadata": dict(record.metadata),
        "tags": None if record.tags is None else [str(each) for each in record.tags],
        "input": str(record.input),
        "output": str(record.output),
        "createdAt": at,
        "start": record.start or at,
        "end": record.end or at,
        "showInput": record.show_input,
        "language": record.language,
        "defaultOpen": bool(record.default_open),
        "autoCollapse": bool(record.auto_collapse),
    }
    if record.generation is not None:
        step["generation"] = dict(record.generation)
    return cast(StepDict, clean(step))


def _feedback(record: FeedbackRecord) -> Feedback:
    comment = clean(record.comment)
    return Feedback(forId=record.step, value=record.value, threadId=record.thread, id=record.id, comment=comment)
