"""Puts the sources, cards, plans and menus that a platform cannot show into the text of the message."""

import re
from collections.abc import Sequence
from dataclasses import replace

from gateway.markdown.code import longest_run
from gateway.markdown.open_markup import close_open_markup
from gateway.model import TASK_ICONS, Button, Capabilities, Card, Citation, Menu, Outgoing, Plan, TaskUpdate

_SHORT = 200
"""Characters of a task's input and of its output that are shown in its line."""
_CODE_BLOCK = re.compile(r"(?P<fence>`{3,})[^`\n]*\n(?P<code>.*)\n(?P=fence)", re.DOTALL)
_MARKUP = re.compile(r"([\\`*~\[\]|<>#]|(?<![^\W_])_|_(?![^\W_]))")
"""Matches what may be markup; an underscore inside of a word (``snake_case``) never is."""


def degraded(message: Outgoing, capabilities: Capabilities) -> Outgoing:
    """Return the message with what this platform has no place for put into its text, and menus it has no place for as
    buttons."""
    if message.citations and not capabilities.citations:
        message = replace(_below(message, sources_text(message.citations)), citations=())
    if message.cards and not capabilities.cards:
        message = without_cards(message)
    if message.plan is not None and not capabilities.plans:
        message = without_plan(message)
    if message.menus:
        message = _fitting_menus(message, capabilities.menu_options) if capabilities.menus else without_menus(message)
    return message


def without_cards(message: Outgoing) -> Outgoing:
    """Return the message with its cards as text."""
    return replace(_below(message, *(card_text(card) for card in message.cards)), cards=())


def without_plan(message: Outgoing) -> Outgoing:
    """Return the message with its plan as text."""
    return message if message.plan is None else replace(_below(message, plan_text(message.plan)), plan=None)


def without_menus(message: Outgoing) -> Outgoing:
    """Return the message with the options of its menus as buttons."""
    options = [option for menu in message.menus for option in menu.options]
    buttons = tuple(Button(token=each.token, label=each.label, tooltip=each.description) for each in options)
    return replace(message, buttons=message.buttons + buttons, menus=())


def sources_text(sources: Sequence[Citation]) -> str:
    """Return sources as a numbered list in Markdown."""
    return "\n".join(
        f"{number}. [{each.title}]({each.url})" if each.url else f"{number}. {each.title}"
        for number, each in enumerate(sources, 1)
    )


def card_text(card: Card) -> str:
    """Return a card as Markdown: its title in bold, its text, a line for each fact, its picture as a link."""
    lines = [f"**{literal(card.title)}**"] if card.title else []
    lines += [card.text] if card.text else []
    lines += ["\n".join(f"- **{literal(name)}:** {literal(value)}" for name, value in card.facts)] if card.facts else []
    lines += [f"[{literal(card.title) or 'Picture'}](<{card.image_url}>)"] if card.image_url else []
    return "\n\n".join(lines)


def plan_text(plan: Plan) -> str:
    """Return a plan as Markdown: its title and status in a line, then a list with an icon for each task's state."""
    head = " · ".join(
        part for part in (f"**{literal(plan.title)}**" if plan.title else "", literal(plan.status)) if part
    )
    tasks = "\n".join(task_line(task) for task in plan.tasks)
    return "\n".join(part for part in (head, tasks) if part)


def task_line(task: TaskUpdate) -> str:
    """Return a task as an item of a Markdown list: icon, title, duration, and what went in and came out in short."""
    took = f" ({task.took})" if task.took else ""
    said = " → ".join(each for each in (_on_a_line(task.details), _on_a_line(task.output)) if each)
    return f"{'  ' * task.depth}- {TASK_ICONS[task.status]} {literal(task.title)}{took}{': ' if said else ''}{said}"


def _on_a_line(text: str) -> str:
    """Return the beginning of a Markdown text on one line. A text that is a code block becomes a piece of code."""
    if (block := _CODE_BLOCK.fullmatch(text.strip())) is not None:
        line = _cut(" ".join(block["code"].split()))
        marks = "`" * (1 + longest_run(line))
        blank = " " if line.startswith("`") or line.endswith("`") else ""
        return f"{marks}{blank}{line}{blank}{marks}" if line else ""
    return close_open_markup(_cut(" ".join(text.split())))


def _cut(line: str) -> str:
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def literal(text: str) -> str:
    """Return plain text on one line as Markdown that shows just that."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _below(message: Outgoing, *texts: str) -> Outgoing:
    return replace(message, text="\n\n".join(part for part in (message.text, *texts) if part))


def _fitting_menus(message: Outgoing, limit: int) -> Outgoing:
    menus: list[Menu] = []
    for menu in message.menus:
        pieces = [menu.options[at : at + limit] for at in range(0, len(menu.options), limit)]
        for number, options in enumerate(pieces, 1):
            count = f" ({number}/{len(pieces)})" if len(pieces) > 1 else ""
            menus.append(Menu(placeholder=menu.placeholder + count, options=options))
    return replace(message, menus=tuple(menus))
