"""Renders a plan: a list of tasks in full, the steps of an answer as a section that is closed until somebody opens it.
Pure.

A plan has as much room as the message leaves it. It first loses the ends of what went into its tasks and came out, then
tasks, of which a line says how many there are.
"""

from collections.abc import Sequence

from adapters.shortening import cut
from adapters.teams.boxes import plain
from adapters.teams.card import Element
from adapters.teams.limits import DEEPEST, PLAN_TASKS, TASK_SAID, TASK_TITLE
from adapters.teams.markdown import safe
from adapters.teams.sizes import utf16_bytes
from gateway.errors import RefusedForm
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.parts import Code, parts
from gateway.model import TASK_ICONS, Plan, TaskStatus, TaskUpdate

STEPS = "gw_steps"
"""The id of the element with the steps, which a click on the line above it shows and hides."""
_OPENS, _CLOSES = "gw_steps_open", "gw_steps_close"
_ICON = "24px"
"""The width of the column with the icon of a task, which not all icons fill."""
_INDENT = 20
"""Pixels by which a task stands to the right of the one it lies inside of."""
_WORST: tuple[TaskStatus, ...] = ("error", "in_progress", "pending", "complete")


def plan_elements(plan: Plan, room: int) -> list[Element]:
    """Return the elements of a plan, in no more than ``room`` bytes as Teams counts them. Raises ``RefusedForm`` where
    there is too little of it."""
    draw = _tasks if plan.kind == "tasks" else _steps
    for count, said in ((PLAN_TASKS, TASK_SAID), (PLAN_TASKS, TASK_SAID // 4), *((n, 0) for n in (PLAN_TASKS, 20, 5))):
        made = draw(plan, count, said)
        if utf16_bytes(made) <= room:
            return made
    raise RefusedForm("a plan has no place beside a text of this length", ["plan"])


def summary_of(plan: Plan) -> str:
    """Return a line that says what a plan is about, and how far it is."""
    title, status = " ".join(plan.title.split()), " ".join(plan.status.split())
    return " · ".join([part for part in (title or _counted(plan.tasks), status) if part])


def _counted(tasks: Sequence[TaskUpdate]) -> str:
    running = next((task for task in reversed(tasks) if task.status == "in_progress"), None)
    if running is not None:
        return f"{_titled(running)}…"
    return f"{len(tasks)} step{'s' if len(tasks) != 1 else ''}"


def _tasks(plan: Plan, count: int, said: int) -> list[Element]:
    title, status = " ".join(plan.title.split()), " ".join(plan.status.split())
    made: list[Element] = []
    if title:
        made.append(_text(plain(cut(title, TASK_TITLE)), weight="Bolder"))
    if status:
        made.append(_text(plain(cut(status, TASK_TITLE)), isSubtle=True, spacing="None" if title else "Default"))
    shown = plan.tasks if len(plan.tasks) <= count else plan.tasks[: count - 1]
    made += [_row(task, said) for task in shown]
    if left := plan.tasks[len(shown) :]:
        states = {task.status for task in left}
        worst = next(each for each in _WORST if each in states)
        made.append(_row(TaskUpdate(id="more", title=f"… and {len(left)} more", status=worst), 0))
    return [{"type": "Container", "items": made or [_text("…")]}]


def _row(task: TaskUpdate, said: int) -> Element:
    words = [_text(plain(_titled(task)))]
    if below := _said(task, said):
        words.append(_text(below, size="Small", isSubtle=True, spacing="None"))
    columns = [
        {"type": "Column", "width": _ICON, "items": [{"type": "TextBlock", "text": TASK_ICONS[task.status]}]},
        {"type": "Column", "width": "stretch", "spacing": "Small", "items": words},
    ]
    if task.depth:
        columns.insert(0, {"type": "Column", "width": f"{_INDENT * min(task.depth, DEEPEST)}px", "items": []})
    return {"type": "ColumnSet", "spacing": "Small", "columns": columns}


def _steps(plan: Plan, count: int, said: int) -> list[Element]:
    toggle = {
        "type": "Action.ToggleVisibility",
        "title": "Show or hide the steps",
        "targetElements": [STEPS, _OPENS, _CLOSES],
    }
    signs: list[Element] = [
        {"type": "TextBlock", "id": _OPENS, "text": "▸", "size": "Small", "isSubtle": True},
        {
            "type": "TextBlock",
            "id": _CLOSES,
            "text": "▾",
            "size": "Small",
            "isSubtle": True,
            "isVisible": False,
            "spacing": "None",
        },
    ]
    line = _text(plain(cut(summary_of(plan), TASK_TITLE)), size="Small", isSubtle=True)
    columns = [
        {"type": "Column", "width": "auto", "items": signs},
        {"type": "Column", "width": "stretch", "spacing": "Small", "items": [line]},
    ]
    shown = plan.tasks if len(plan.tasks) <= count else plan.tasks[1 - count :]
    lines = [_text(_line(task, said), size="Small", isSubtle=True, spacing="None") for task in shown]
    if earlier := len(plan.tasks) - len(shown):
        lines.insert(0, _text(f"… {earlier} earlier steps", size="Small", isSubtle=True, spacing="None"))
    return [
        {"type": "ColumnSet", "columns": columns, "selectAction": toggle},
        {"type": "Container", "id": STEPS, "isVisible": False, "spacing": "Small", "items": lines or [_text("…")]},
    ]


def _line(task: TaskUpdate, said: int) -> str:
    below = _said(task, said)
    arrows = "↳ " * min(task.depth, DEEPEST)
    return f"{arrows}{TASK_ICONS[task.status]} {plain(_titled(task))}{': ' if below else ''}{below}"


def _titled(task: TaskUpdate) -> str:
    title = cut(" ".join(task.title.split()) or "…", TASK_TITLE)
    return f"{title} ({task.took})" if task.took else title


def _said(task: TaskUpdate, limit: int) -> str:
    """Return what went into a task and what came out of it, on one line."""
    return " → ".join([each for each in (_on_a_line(task.details, limit), _on_a_line(task.output, limit)) if each])


def _on_a_line(text: str, limit: int) -> str:
    """Return the beginning of a Markdown text on one line. Of a text that is a code block it is the code: a card's
    Markdown has none, and would show the marks around it."""
    if not limit or not text.strip():
        return ""
    found = list(parts(text.strip()))
    if len(found) == 1 and isinstance(found[0], Code):
        return plain(cut(" ".join(found[0].body.split()), limit))
    return safe(close_open_markup(cut(" ".join(text.split()), limit)))


def _text(written: str, **looks: object) -> Element:
    return {"type": "TextBlock", "text": written, "wrap": True, **looks}
