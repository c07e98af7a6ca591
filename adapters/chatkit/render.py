"""Turns a message into items of the protocol. Pure."""

from collections.abc import Sequence
from typing import Any

from adapters.chatkit.ids import item_id
from adapters.chatkit.limits import PLAN_TASKS
from adapters.chatkit.threads import Item, time_of
from gateway.model import TASK_ICONS, Button, Citation, ConversationRef, Outgoing, Plan, TaskStatus, TaskUpdate

PRESSED = "gateway.button"
"""The type of the action that our buttons bring back; its payload has the button's ``token``."""
PLAN = "plan"
"""The part of a message that is its list of tasks."""
CONTROLS = "controls"
"""The part of a message that is its buttons."""

_INSIDE = "\N{EM SPACE}"
"""What stands before the title of a task for each task it lies inside of."""

_WORST: tuple[TaskStatus, ...] = ("error", "in_progress", "pending", "complete")

Content = dict[str, Any]
"""A part of an assistant's message (``AssistantMessageContent``)."""


def items_of(message: Outgoing, to: ConversationRef, *, id: str, at: float, files: Sequence[str] = ()) -> list[Item]:
    """Return the items that show a message: its text, its plan, its buttons, as far as it has them; at least one.

    Args:
        message: The message.
        to: The conversation, which names the thread.
        id: The message's id, which is that of its text.
        at: When it was first sent, in seconds since the epoch.
        files: A line of Markdown for each of its files.
    """
    base = {"thread_id": to.thread, "created_at": time_of(at)}
    items: list[Item] = []
    text = "\n\n".join(part for part in (heading(message.author) + message.text, "\n".join(files)) if part)
    if text or not (message.plan or message.buttons):
        items.append(text_item(to, id, at, [content(text, message.citations)]))
    if message.plan is not None:
        items.append({"id": item_id(id, PLAN), "type": "workflow", **base, "workflow": workflow(message.plan)})
    if message.buttons:
        items.append({"id": item_id(id, CONTROLS), "type": "widget", **base, "widget": _widget(message.buttons)})
    return items


def heading(author: str | None) -> str:
    """Return how a text begins that is shown under another name than the bot's own, which the protocol cannot say."""
    return f"**{' '.join(author.split())}**\n\n" if author else ""


def text_item(to: ConversationRef, id: str, at: float, parts: Sequence[Content]) -> Item:
    """Return the item of an assistant's message with these parts."""
    return {
        "id": id,
        "type": "assistant_message",
        "thread_id": to.thread,
        "created_at": time_of(at),
        "content": list(parts),
    }


def content(text: str, citations: Sequence[Citation] = ()) -> Content:
    """Return the part of an assistant's message that is a text with its sources."""
    return {"type": "output_text", "text": text, "annotations": _annotations(text, citations)}


def workflow(plan: Plan) -> dict[str, Any]:
    """Return a plan as a workflow: tasks are shown in full, steps collapsed."""
    title = " ".join(part for part in (plan.title, plan.status) if part)
    shown = plan.tasks if len(plan.tasks) <= PLAN_TASKS else plan.tasks[: PLAN_TASKS - 1]
    tasks = [task_of(each) for each in shown]
    if left := plan.tasks[len(shown) :]:
        states = {each.status for each in left}
        worst = next(each for each in _WORST if each in states)
        tasks.append(task_of(TaskUpdate(id="more", title=f"… and {len(left)} more", status=worst)))
    return {
        "type": "custom",
        "tasks": tasks,
        "summary": {"title": title} if title else None,
        "expanded": plan.kind == "tasks",
    }


def task_of(task: TaskUpdate) -> dict[str, Any]:
    """Return a task of a workflow."""
    failed = f"{TASK_ICONS['error']} " if task.status == "error" else ""
    took = f" ({task.took})" if task.took else ""
    said = "\n\n".join(part for part in (task.details, task.output) if part)
    indicators = {"pending": "none", "in_progress": "loading", "complete": "complete", "error": "none"}
    return {
        "type": "custom",
        "title": f"{_INSIDE * task.depth}{failed}{task.title}{took}",
        "content": said or None,
        "status_indicator": indicators[task.status],
    }


def _annotations(text: str, citations: Sequence[Citation]) -> list[dict[str, Any]]:
    """Return the sources, each with the place of its first mark ``[n]`` in the text."""
    found: list[dict[str, Any]] = []
    for number, citation in enumerate(citations, 1):
        mark = f"[{number}]"
        place = text.find(mark)
        source: dict[str, Any] = {"title": citation.title, "description": citation.abstract or None}
        if citation.url:
            source |= {"type": "url", "url": citation.url}
        else:
            source |= {"type": "file", "filename": citation.title}
        index = None if place < 0 else place + len(mark)
        found.append({"type": "annotation", "source": source, "index": index})
    return found


def _widget(buttons: Sequence[Button]) -> dict[str, Any]:
    return {
        "type": "Card",
        "size": "sm",
        "children": [_button(number, button) for number, button in enumerate(buttons)],
    }


def _button(number: int, button: Button) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "Button",
        "key": f"button-{number}",
        "label": button.label,
        "style": "primary" if button.style == "primary" else "secondary",
        "onClickAction": {"type": PRESSED, "payload": {"token": button.token}},
    }
    if button.style == "danger":
        shown["color"] = "danger"
    return shown
