"""Task lists: what is to be done and how far it has come, in one message that changes."""

import asyncio
import json
from collections.abc import Sequence
from enum import Enum

from gateway.chat import kept
from gateway.chat.elements.keeping import Place, put_later, put_row, row_id
from gateway.chat.ids import derived_id
from gateway.chat.text import message_text
from gateway.model import ElementRecord, Outgoing, Plan, TaskUpdate
from gateway.model import TaskStatus as State
from gateway.model.text import storable
from gateway.runtime.contents import Content
from gateway.runtime.context import require_turn
from gateway.runtime.live import LiveMessage
from gateway.runtime.turn import Turn

_SHOWN = 50
"""Number of tasks that are shown at most; what is done makes room for the others."""
_LINE = 8
"""Characters that a task takes beside its title."""
_TITLE_LIMIT = 200
"""Characters of a task's title that are shown, and of the status of a list."""
_MIME = "application/json"


class TaskStatus(Enum):
    """How far a task has come."""

    READY = "ready"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


_STATES: dict[TaskStatus, State] = {
    TaskStatus.READY: "pending",
    TaskStatus.RUNNING: "in_progress",
    TaskStatus.FAILED: "error",
    TaskStatus.DONE: "complete",
}


class Task:
    """A task of a ``TaskList``. Change its attributes and call ``task_list.update()``.

    Args:
        title: What is to be done, in a few words.
        status: How far it has come: ``READY``, ``RUNNING``, ``DONE`` or ``FAILED``.
        forId: The id of the message the task belongs to; it is only kept.
    """

    def __init__(self, title: str, status: TaskStatus = TaskStatus.READY, forId: str | None = None) -> None:
        self.title = title
        self.status = status
        self.forId = forId


class TaskList:
    """A list of tasks with their states, shown as one message that changes.

    Args:
        tasks: The tasks, in the order in which they are shown.
        status: A word or two on the state of the whole: ``Ready``, ``Running...``, ``Done``.
        name: The name of the element; it is only kept.
    """

    def __init__(self, tasks: Sequence[Task] | None = None, status: str = "Ready", name: str = "tasklist") -> None:
        self.id = derived_id()
        self.tasks = list(tasks or [])
        self.status = status
        self.name = name
        self._message: LiveMessage | None = None
        self._room = 0
        """Characters that the list may take on its platform."""
        self._home: Place | None = None
        """Where history keeps the list under its own id."""

    async def add_task(self, task: Task) -> None:
        """Add a task at the end of the list; ``send()`` or ``update()`` shows it.

        Args:
            task: The task.
        """
        self.tasks.append(task)

    async def send(self) -> None:
        """Show the list: post it, or bring the posted one up to date as soon as the platform allows. Of many changes
        in a short time the last one is shown.

        Raises:
            ValueError: The status of a task is none of ``TaskStatus``.
            PlatformError: The platform did not take the list, or an earlier change of it, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        for task in self.tasks:
            _state(task)
        if self._message is None or self._message.conversation != turn.ref.key:
            await turn.catch_up()
            self._room = turn.sender.capabilities(turn.ref).text_limit * 3 // 4
            message = self._message = LiveMessage(turn, self._outgoing)
            message.changed(soon=False)
            await message.show()
        else:
            self._message.check()
            self._message.changed()
            await asyncio.sleep(0)
        self._keep(turn)

    async def update(self) -> None:
        """Show the list as it is now, as ``send()`` does.

        Raises:
            ValueError: The status of a task is none of ``TaskStatus``.
            PlatformError: The platform did not take the list, or an earlier change of it, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        await self.send()

    async def remove(self) -> None:
        """Delete the posted list; a later ``send()`` posts it anew.

        Raises:
            PlatformError: The platform did not delete it, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        if self._message is not None and self._message.conversation == turn.ref.key:
            await self._message.remove()
            kept.forget_element(turn, self._row_id(turn))

    def _keep(self, turn: Turn) -> None:
        """Keep the list in the history, as an element whose content is what the list says at the end of the turn."""
        if not turn.services.history.on:
            return
        id, name = self._row_id(turn), str(self.name)
        key = put_later(turn, id, f"{name}.json", self._content, user=turn.person)
        put_row(
            turn,
            ElementRecord(
                id=id,
                thread=turn.thread_id,
                user=turn.person,
                type="tasklist",
                name=name,
                mime=_MIME,
                display="inline",
                object_key=key,
            ),
        )

    def _row_id(self, turn: Turn) -> str:
        place = Place(turn.thread_id, None)
        self._home = self._home or place
        return row_id(self.id, self._home, place)

    def _content(self) -> Content:
        tasks = [
            {"title": str(task.title), "status": TaskStatus(task.status).value, "forId": task.forId}
            for task in self.tasks
        ]
        text = json.dumps({"status": str(self.status), "tasks": tasks}, ensure_ascii=False, indent=4, default=str)
        return Content(storable(text).encode(), f"{self.name}.json", _MIME)

    def _outgoing(self) -> Outgoing:
        tasks = [
            TaskUpdate(id=f"{self.id}.{number}", title=_short(task.title), status=_state(task))
            for number, task in enumerate(self.tasks)
        ]
        shown, done, more = _fitted(tasks, self._room)
        notes = [f"{done} done not shown"] if done else []
        notes += [f"{more} more not shown"] if more else []
        status = " · ".join([*([_short(self.status)] if self.status else []), *notes])
        return Outgoing(plan=Plan(kind="tasks", status=status, tasks=tuple(shown)))


def _fitted(tasks: list[TaskUpdate], room: int) -> tuple[list[TaskUpdate], int, int]:
    """Return the tasks that are shown, how many done ones are left out, and how many at the end. What is done makes
    room first, the oldest of it before the rest."""
    shown: list[TaskUpdate] = []
    left, size = len(tasks), sum(map(_size, tasks))
    for task in tasks:
        if task.status == "complete" and (left > _SHOWN or size > room):
            left, size = left - 1, size - _size(task)
        else:
            shown.append(task)
    done = len(tasks) - left
    while shown and (left > _SHOWN or size > room):
        left, size = left - 1, size - _size(shown.pop())
    return shown, done, len(tasks) - done - left


def _size(task: TaskUpdate) -> int:
    return len(task.title) + _LINE


def _short(text: str) -> str:
    line = " ".join(message_text(str(text)).split())
    return line if len(line) <= _TITLE_LIMIT else line[: _TITLE_LIMIT - 1] + "…"


def _state(task: Task) -> State:
    try:
        return _STATES[TaskStatus(task.status)]
    except ValueError:
        raise ValueError(
            f"the status of task {task.title!r} is {task.status!r}: take one of cl.TaskStatus.READY, RUNNING, DONE or "
            "FAILED"
        ) from None
