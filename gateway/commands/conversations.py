"""Kept conversations as lines that a person reads in a terminal."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.model import ElementDict, StepDict, ThreadDict

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that a terminal takes for commands. What people wrote must not reach it as such."""
_NAME = 200
"""Characters of a name that are shown: a bot may give a step any."""
_DEEPEST = 8
"""Steps inside of steps that are shown farther to the right."""


def readable(text: str) -> str:
    """Return a text that a terminal only shows: control characters other than tabs and line ends become U+FFFD.

    Args:
        text: What somebody wrote.
    """
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str | None) -> str:
    """Return a text in one line, as ``readable`` does.

    Args:
        text: What somebody wrote; None for nothing.
    """
    return " ".join(readable(text or "").split())


def cut(name: str) -> str:
    """Return a name as long as a line may be: the first 200 characters.

    Args:
        name: The name of a person, a step or an element.
    """
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def moment(at: str | None) -> str:
    """Return a kept time to the second, in UTC; blanks of the same width where there is none.

    Args:
        at: ISO 8601.
    """
    return one_line(at)[:19].replace("T", " ").ljust(19)


def conversation(thread: "ThreadDict") -> Iterator[str]:
    """Return the lines of a thread: its title, who began it and when, and what was said.

    Args:
        thread: The thread with its steps and elements.
    """
    yield one_line(thread["name"]) or "(no title)"
    yield f"{one_line(thread['id'])}  {one_line(thread['userIdentifier'])}  {moment(thread['createdAt'])}".rstrip()
    if thread["tags"]:
        yield f"tags: {', '.join(one_line(str(tag)) for tag in thread['tags'])}"
    elements = thread["elements"] or []
    ids = {step.get("id") for step in thread["steps"]}
    depths: dict[str, int] = {}
    for step in thread["steps"]:
        id, parent = step.get("id") or "", step.get("parentId") or ""
        depth = depths[id] = min(depths[parent] + 1, _DEEPEST) if parent in depths else 0
        yield ""
        for line in _step(step, [each for each in elements if each.get("forId") == id]):
            yield f"{'    ' * depth}{line}".rstrip()
    alone = [each for each in elements if each.get("forId") not in ids]
    if alone:
        yield ""
        yield from (_element(each) for each in alone)


def _step(step: "StepDict", elements: "list[ElementDict]") -> Iterator[str]:
    """Return the lines of a message or a step, with what belongs to it."""
    type = step.get("type") or ""
    kind = "" if type.endswith("_message") else f"[{one_line(type)}] "
    failed = "  (failed)" if step.get("isError") else ""
    yield f"{moment(step.get('createdAt'))}  {kind}{cut(one_line(step.get('name')))}{failed}"
    for text in (step.get("input"), step.get("output")):
        if text:
            yield from (f"    {line}" for line in readable(text).split("\n"))
    for element in elements:
        yield f"    {_element(element)}"
    feedback = step.get("feedback")
    if feedback is not None:
        yield f"    {'👍' if feedback['value'] else '👎'} {one_line(feedback['comment'])}"


def _element(element: "ElementDict") -> str:
    """Return the line of a file or another element."""
    about = [one_line(each) for each in (element.get("type"), element.get("mime"), element.get("url")) if each]
    return f"📎 {cut(one_line(element.get('name')))} ({', '.join(about)})"
