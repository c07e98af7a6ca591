"""Renders a plan: a list of tasks as Slack's ``plan`` block, the steps of an answer as a collapsed container. Pure.

A plan has as much room as the message leaves it. It first loses what came out of its tasks, then what went into them,
then tasks, of which a last line says how many there are.
"""

from collections.abc import Sequence

from adapters.shortening import cut
from adapters.slack.limits import (
    CHILD_BLOCKS,
    CONTAINER_TITLE,
    PLAN_TASKS,
    SECTION_TEXT,
    STEPS_TEXT,
    TASK_DETAILS,
    TASK_TITLE,
)
from adapters.slack.mentions import safe_text
from adapters.slack.text_objects import Block, plain, rich_text, to_mrkdwn
from gateway.errors import RefusedForm
from gateway.markdown.open_markup import close_open_markup
from gateway.markdown.parts import Code, parts
from gateway.model import TASK_ICONS, AllowedMentions, Plan, TaskStatus, TaskUpdate

_LEAST = 300
"""Characters that a plan needs to say anything."""
_OVERHEAD = 60
"""Characters that a task is counted with beside its words."""
_DEEPEST = 5
"""Levels of tasks inside of tasks that are told apart."""
_SHORT = 200
"""Characters of what went into a step, and of what came out of it."""
_WORST: tuple[TaskStatus, ...] = ("error", "in_progress", "pending", "complete")


def plan_block(plan: Plan, room: int) -> Block:
    """Return the block of a plan with no more than ``room`` characters. Raises ``RefusedForm`` where there is too
    little of it."""
    if room < _LEAST:
        raise RefusedForm("a plan has no place beside a text of this length", ["plan"])
    return _tasks(plan, room) if plan.kind == "tasks" else _steps(plan, room)


def heading(plan: Plan) -> str:
    """Return the title of a plan with its status; of a plan without a title what it is."""
    title = " ".join(plan.title.split()) or ("Tasks" if plan.kind == "tasks" else _summary(plan.tasks))
    return " · ".join([part for part in (title, " ".join(plan.status.split())) if part])


def named(task: TaskUpdate) -> str:
    """Return a task's title, with arrows for its depth and how long it took."""
    return f"{'↳ ' * min(task.depth, _DEEPEST)}{_titled(task)}"


def _titled(task: TaskUpdate) -> str:
    title = " ".join(task.title.split())
    return f"{title} ({task.took})" if task.took else title


def _tasks(plan: Plan, room: int) -> Block:
    title = cut(heading(plan), TASK_TITLE)
    room -= len(title)
    cards: list[Block] = []
    for details in (TASK_DETAILS, TASK_DETAILS // 4, 0):
        cards = [_card(task, number, details) for number, task in enumerate(plan.tasks)]
        if sum(map(_size, cards)) <= room:
            break
    if len(cards) > PLAN_TASKS or sum(map(_size, cards)) > room:
        room -= _OVERHEAD
        shown = 0
        while shown < min(len(cards), PLAN_TASKS) - 1 and (room := room - _size(cards[shown])) >= _OVERHEAD:
            shown += 1
        left = plan.tasks[shown:]
        cards[shown:] = [{"type": "task_card", "task_id": "more", "title": f"… and {len(left)} more", **_state(left)}]
    return {"type": "plan", "title": title, "tasks": cards}


def _state(tasks: Sequence[TaskUpdate]) -> Block:
    states = {task.status for task in tasks}
    return {"status": next(each for each in _WORST if each in states)}


def _card(task: TaskUpdate, number: int, details: int) -> Block:
    card: Block = {
        "type": "task_card",
        "task_id": f"{number}",
        "title": cut(named(task) or "…", TASK_TITLE),
        "status": task.status,
    }
    for name, text in (("details", task.details), ("output", task.output)):
        if details and (written := rich_text(text, details))["elements"]:
            card[name] = written
    return card


def _size(card: Block) -> int:
    found = len(card["title"]) + _OVERHEAD
    for name in ("details", "output"):
        for part in card.get(name, {}).get("elements", ()):
            found += sum(len(each["text"]) for each in part["elements"])
    return found


def _steps(plan: Plan, room: int) -> Block:
    title = cut(heading(plan), CONTAINER_TITLE)
    room = min(room - len(title) - CHILD_BLOCKS * _OVERHEAD, STEPS_TEXT)
    for short in (_SHORT, _SHORT // 4, 0):
        lines = [_line(task, short) for task in plan.tasks]
        if sum(map(len, lines)) + len(lines) <= room:
            break
    kept: list[str] = []
    left = room - _SHORT
    for line in reversed(lines):
        left -= len(line) + 1
        if left < 0:
            kept.append(f"… {len(lines) - len(kept)} earlier steps")
            break
        kept.append(line)
    return {
        "type": "container",
        "title": plain(title, CONTAINER_TITLE),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": _contexts(kept[::-1]) or _contexts(["…"]),
    }


def _contexts(lines: Sequence[str]) -> list[Block]:
    """Return lines as small print, in no more blocks than a container holds."""
    size = max(1, -(-len(lines) // CHILD_BLOCKS))
    rows = [cut("\n".join(lines[at : at + size]), SECTION_TEXT) for at in range(0, len(lines), size)]
    return [{"type": "context", "elements": [{"type": "mrkdwn", "text": row}]} for row in rows]


def _line(task: TaskUpdate, short: int) -> str:
    title = safe_text(cut(_titled(task), TASK_TITLE), AllowedMentions())
    said = " → ".join([each for each in (_on_a_line(task.details, short), _on_a_line(task.output, short)) if each])
    return f"{'↳ ' * min(task.depth, _DEEPEST)}{TASK_ICONS[task.status]} {title}{': ' if said else ''}{said}"


def _on_a_line(text: str, short: int) -> str:
    """Return the beginning of a Markdown text on one line, as mrkdwn. A text that is a code block becomes a piece of
    code."""
    found = list(parts(text.strip()))
    if short and len(found) == 1 and isinstance(found[0], Code):
        code = cut(" ".join(found[0].body.split()), short).replace("`", "'")
        return f"`{safe_text(code, AllowedMentions())}`" if code else ""
    words = " ".join(text.split())
    return to_mrkdwn(close_open_markup(cut(words, short))) if short and words else ""


def _summary(tasks: Sequence[TaskUpdate]) -> str:
    running = next((task for task in reversed(tasks) if task.status == "in_progress"), None)
    if running is not None:
        return f"{_titled(running)}…"
    return f"{len(tasks)} step{'s' if len(tasks) != 1 else ''}"
