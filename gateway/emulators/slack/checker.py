"""The tools that block rules are written with. They collect what is wrong, each with Slack's JSON pointer to it."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from gateway.emulators.common.values import JSON

CHOICES = frozenset({"checkboxes", "radio_buttons"})
"""Elements that show all their options at once; only these take ``mrkdwn`` in an option."""


def among(value: object, allowed: Container[str]) -> bool:
    """Return whether a value that a bot sent is one of these strings. The value may have any type."""
    return isinstance(value, str) and value in allowed


Rule = Callable[["Checker", JSON, str], None]
"""Checks one block or element: the checker to report to, the block, and the JSON pointer to it."""


class Checker:
    """Collects what is wrong with one set of blocks: ``errors``, block ids, and the totals that have limits."""

    def __init__(
        self, surface: str, *, blocks: Mapping[str, Rule], elements: Mapping[str, Rule], forbidden: frozenset[str]
    ) -> None:
        self.surface = surface
        self._block_rules = blocks
        self._element_rules = elements
        self._forbidden = forbidden
        self.errors: list[str] = []
        self.block_ids: set[str] = set()
        self.total = 0
        self.markdown = 0
        self.table_text = 0
        self.tables = 0
        self.charts = 0

    def fail(self, text: str, at: str) -> None:
        """Report an error at a JSON pointer."""
        self.errors.append(f"[ERROR] {text} [json-pointer:{at}]")

    def string(
        self, value: Any, at: str, *, most: int, least: int = 1, required: bool = True, counted: bool = False
    ) -> None:
        """Check a string's length. ``counted`` strings add to the total text of the message."""
        if value is None:
            if required:
                self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return
        if not isinstance(value, str):
            self.fail(f"must provide a string; got {type(value).__name__}", at)
        elif len(value) < least:
            self.fail(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            self.fail(f"must be less than {most + 1} characters", at)
        elif counted:
            self.total += len(value)

    def text(
        self, value: Any, at: str, *, most: int = 3000, plain: bool = False, required: bool = True, counted: bool = True
    ) -> None:
        """Check a text object. With ``plain`` it must be ``plain_text``; ``most`` is its most characters."""
        if value is None:
            if required:
                self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return
        if not isinstance(value, dict):
            self.fail("must provide an object", at)
            return
        kind = value.get("type")
        if kind != "plain_text" and (plain or kind != "mrkdwn"):
            self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{at}/type")
        elif kind == "mrkdwn" and "emoji" in value:
            self.fail("must not have additional property: emoji", at)
        self.string(value.get("text"), f"{at}/text", most=most, counted=counted)

    def items(self, value: Any, at: str, *, most: int, least: int = 1) -> list[Any]:
        """Check the length of a list and return it; return an empty list when the value is not a list."""
        if not isinstance(value, list):
            self.fail(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
            return []
        if len(value) < least:
            self.fail(f"no less than {least} items allowed", at)
        if len(value) > most:
            self.fail(f"no more than {most} items allowed", at)
        return value

    def blocks(self, blocks: Iterable[Any], at: str = "/blocks", *, nested: bool = False) -> None:
        """Check a list of blocks. ``nested`` blocks are those inside another block."""
        for index, block in enumerate(blocks):
            here = f"{at}/{index}"
            if not isinstance(block, dict):
                self.fail("must provide an object", here)
                continue
            kind = block.get("type")
            check = self._block_rules.get(kind) if isinstance(kind, str) else None
            if check is None or (kind == "input" and self.surface == "message" and nested):
                self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{here}/type")
                continue
            if kind in self._forbidden:
                self.fail(f"unsupported type: {kind}", f"{here}/type")
                continue
            block_id = block.get("block_id")
            if block_id is not None:
                self.string(block_id, f"{here}/block_id", most=255)
                if str(block_id) in self.block_ids:
                    self.fail(f"`block_id` {block_id} already exists", f"{here}/block_id")
                self.block_ids.add(str(block_id))
            check(self, block, here)

    def elements(self, elements: list[Any], allowed: frozenset[str], at: str) -> None:
        """Check a block's elements, whose ``action_id`` must differ."""
        seen: set[str] = set()
        for index, element in enumerate(elements):
            here = f"{at}/{index}"
            self.element(element, allowed, here)
            action = element.get("action_id") if isinstance(element, dict) else None
            if isinstance(action, str):
                if action in seen:
                    self.fail(f"`action_id` {action} already exists for this block", f"{here}/action_id")
                seen.add(action)

    def element(self, element: Any, allowed: frozenset[str], at: str) -> None:
        """Check one interactive element or image, whose type must be among ``allowed``."""
        if not isinstance(element, dict):
            self.fail("must provide an object", at)
            return
        kind = element.get("type")
        if not among(kind, allowed):
            self.fail(f"unsupported type: {kind}" if kind else "missing required field: type", f"{at}/type")
            return
        if kind != "image":
            self.string(element.get("action_id"), f"{at}/action_id", most=255, required=False)
        self.text(element.get("placeholder"), f"{at}/placeholder", most=150, plain=True, required=False, counted=False)
        if "confirm" in element:
            self.confirm(element["confirm"], f"{at}/confirm")
        check = self._element_rules.get(str(kind))
        if check is not None:
            check(self, element, at)

    def confirm(self, value: Any, at: str) -> None:
        """Check a confirmation dialog."""
        if not isinstance(value, dict):
            self.fail("must provide an object", at)
            return
        for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
            self.text(value.get(name), f"{at}/{name}", most=most, plain=True, required=False, counted=False)
        self.text(value.get("text"), f"{at}/text", most=300, counted=False)

    def options(self, element: JSON, at: str, *, most: int = 100, least: int = 1, value_most: int = 150) -> None:
        """Check the options of a menu or a group, whose values must differ."""
        seen: set[str] = set()
        for index, option in enumerate(self.items(element.get("options"), f"{at}/options", most=most, least=least)):
            here = f"{at}/options/{index}"
            if not isinstance(option, dict):
                self.fail("must provide an object", here)
                continue
            rich = element.get("type") in CHOICES
            self.text(option.get("text"), f"{here}/text", most=75, plain=not rich)
            self.text(option.get("description"), f"{here}/description", most=75, plain=not rich, required=False)
            self.string(option.get("value"), f"{here}/value", most=value_most)
            value = str(option.get("value"))
            if value in seen:
                self.fail(f"option value {value} already exists", f"{here}/value")
            seen.add(value)
