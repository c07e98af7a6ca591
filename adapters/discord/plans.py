"""Renders a plan: a list of tasks as an embed, the steps of an answer as small print (lines that begin with ``-#``).
Pure.

A plan has as much room as the message leaves it. It first loses what went into its tasks and what came out of them,
then tasks, of which one line says how many there are.
"""

from collections.abc import Sequence
from typing import Any

from adapters.discord.limits import CONTENT, EMBED_DESCRIPTION, EMBED_TITLE
from adapters.discord.written import characters, literal, markdown
from gateway.errors import RefusedForm
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.parts import Code, parts
from gateway.model import TASK_ICONS, Plan, TaskStatus, TaskUpdate

Embed = dict[str, Any]
"""An embed of a message, as Discord's JSON has it."""

_SMALL = "-# "
"""What makes a line small print (https://support.discord.com/hc/articles/210298617)."""
_LEAST = 300
"""Characters that a plan needs to say anything."""
_SHORT = 200
"""Characters of what went into a task, and of what came out of it."""
_LEFT_OUT = 40
"""Characters reserved for the line that counts what is left out."""
_DEEPEST = 5
"""Levels of tasks inside of tasks that are told apart."""
_WORST: tuple[TaskStatus, ...] = ("error", "in_progress", "pending", "complete")
_COLOURS: dict[TaskStatus, int] = {
    "error": 0xED4245,
    "in_progress": 0x5865F2,
    "pending": 0x99AAB5,
    "complete": 0x57F287,
}
"""The colour of an embed's edge, by the state of the whole: Discord's own red, blurple, grey and green."""


def small_print(plan: Plan | None, beside: str) -> str:
    """Return the steps of an answer as small print below the content ``beside``, with the line break between the two.
    Empty for a list of tasks, and where the content leaves no room: an embed then shows the steps (``plan_embed``)."""
    if plan is None or plan.kind != "steps":
        return ""
    lead = "\n" if beside.strip() else ""
    room = CONTENT - len(beside) - len(lead)
    return f"{lead}{_steps(plan, room)}" if room >= _LEAST else ""


def plan_embed(plan: Plan, room: int) -> Embed:
    """Return an embed that shows a plan in no more than ``room`` characters. Raises ``RefusedForm`` where there is too
    little of it."""
    if room < _LEAST:
        raise RefusedForm("a plan has no place beside cards of this length", ["plan"])
    if plan.kind == "steps":
        return {"description": _steps(plan, min(room, EMBED_DESCRIPTION))}
    title = literal(_heading(plan), EMBED_TITLE)
    lines = _lines(plan.tasks, min(room - len(title), EMBED_DESCRIPTION))
    left = plan.tasks[len(lines) :]
    if left:
        lines.append(f"{TASK_ICONS[_state(left)]} … and {len(left)} more")
    return {"title": title, "description": "\n".join(lines), "color": _COLOURS[_state(plan.tasks)]}


def _state(tasks: Sequence[TaskUpdate]) -> TaskStatus:
    states = {task.status for task in tasks}
    return next((each for each in _WORST if each in states), "pending")


def _heading(plan: Plan) -> str:
    title = plan.title.strip() or ("Tasks" if plan.kind == "tasks" else _summary(plan.tasks))
    return " · ".join([part for part in (title, plan.status.strip()) if part])


def _summary(tasks: Sequence[TaskUpdate]) -> str:
    running = next((task for task in reversed(tasks) if task.status == "in_progress"), None)
    return f"{running.title}…" if running else f"{len(tasks)} step{'s' if len(tasks) != 1 else ''}"


def _steps(plan: Plan, room: int) -> str:
    head = f"{_SMALL}{literal(_heading(plan), EMBED_TITLE)}"
    kept = _lines(plan.tasks[::-1], room - len(head) - 1, lead=_SMALL)
    left = len(plan.tasks) - len(kept)
    earlier = [f"{_SMALL}… {left} earlier steps"] if left else []
    return "\n".join([head, *earlier, *kept[::-1]])


def _lines(tasks: Sequence[TaskUpdate], room: int, *, lead: str = "") -> list[str]:
    """Return a line for each task; where not all of them fit, the first ones."""
    for short in (_SHORT, _SHORT // 4, 0):
        lines = [f"{lead}{_line(task, short)}" for task in tasks]
        if sum(map(len, lines)) + len(lines) <= room:
            return lines
    room -= _LEFT_OUT
    shown = 0
    while shown < len(lines) and (room := room - len(lines[shown]) - 1) >= 0:
        shown += 1
    return lines[:shown]


def _line(task: TaskUpdate, short: int) -> str:
    title = literal(f"{task.title} ({task.took})" if task.took else task.title, EMBED_TITLE)
    said = " → ".join([each for each in (_on_a_line(task.details, short), _on_a_line(task.output, short)) if each])
    return f"{'↳ ' * min(task.depth, _DEEPEST)}{TASK_ICONS[task.status]} {title}{': ' if said else ''}{said}"


def _on_a_line(text: str, short: int) -> str:
    """Return the beginning of a Markdown text on one line. A text that is a code block becomes a piece of code."""
    found = list(parts(text.strip())) if short else []
    if len(found) == 1 and isinstance(found[0], Code):
        code = characters(_cut(found[0].body, short)).replace("`", "'")
        return f"`{code}`" if code else ""
    words = close_open_markup(_cut(text, short)) if short else ""
    return " ".join(markdown(words, len(words)).split())


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
