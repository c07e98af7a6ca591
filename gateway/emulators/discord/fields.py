"""Checks buttons, menus and the inputs of forms: which fields they need and how long these may be.

https://docs.discord.com/developers/components/reference.
"""

from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import Path

MAX_CUSTOM_ID = 100
"""Characters of a ``custom_id`` (Discord's component reference)."""
MAX_LABEL = 80
"""Characters of a button's label (Discord's component reference, button)."""
MAX_OPTIONS = 25
"""Options of a select menu (Discord's component reference, string select)."""
MAX_INPUT = 4_000
"""Characters of a text input (Discord's component reference, text input)."""
LINK = 5
"""The style of a button that opens a URL (Discord's component reference, button styles)."""
PREMIUM = 6
"""The style of a button that sells something (Discord's component reference, button styles)."""


class Fields:
    """Checks the fields of one message or form, whose custom ids must differ."""

    def __init__(self, checker: Checker, *, modal: bool = False) -> None:
        self._checker = checker
        self._modal = modal
        self._custom_ids: set[str] = set()

    # -- in messages

    def button(self, model: JSON, path: Path) -> JSON:
        """Return a button as Discord stores it."""
        style = self._checker.choice(model.get("style"), (*path, "style"), (1, 2, 3, 4, 5, 6))
        disabled = self._checker.boolean(model.get("disabled"), (*path, "disabled"))
        label = self._checker.string(model.get("label"), (*path, "label"), most=MAX_LABEL)
        out: JSON = {"style": style, "disabled": disabled}
        if label:
            out["label"] = label
        emoji = model.get("emoji")
        if emoji is not None:
            out["emoji"] = self._emoji(emoji, (*path, "emoji"))
        custom_id, url = model.get("custom_id"), model.get("url")
        if custom_id is not None and url is not None:
            what = "A custom id and url cannot both be specified"
            self._checker.fail(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", what)
        elif style == LINK:
            if url is None:
                self._checker.fail((*path, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
            else:
                schemes = ("http", "https", "discord")
                out["url"] = self._checker.url(url, (*path, "url"), most=512, schemes=schemes)
        elif style == PREMIUM:
            out["sku_id"] = self._checker.snowflake(model.get("sku_id"), (*path, "sku_id"))
        elif not custom_id:
            where: Path = (*path, "custom_id")
            self._checker.fail(where, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
        else:
            out["custom_id"] = self.custom_id(custom_id, path)
        if style != PREMIUM and not (label and label.strip()) and emoji is None:
            self._checker.required((*path, "label"))
        return out

    def select(self, model: JSON, path: Path) -> JSON:
        """Return a select menu as Discord stores it."""
        out: JSON = {"custom_id": self.custom_id(model.get("custom_id"), path)}
        placeholder = self._checker.string(model.get("placeholder"), (*path, "placeholder"), most=150)
        if placeholder is not None:
            out["placeholder"] = placeholder
        if self._modal:
            out["required"] = self._checker.boolean(model.get("required"), (*path, "required"), default=True)
            if model.get("disabled"):
                what = "Disabled components are not allowed in modals"
                self._checker.fail((*path, "disabled"), "COMPONENT_DISABLED_NOT_ALLOWED", what)
        else:
            out["disabled"] = self._checker.boolean(model.get("disabled"), (*path, "disabled"))
        least, most = self._range(model, path, ceiling=MAX_OPTIONS)
        out |= {"min_values": least, "max_values": most}
        if model.get("type") == 3:
            out["options"] = self._options(model, path, least=1, most=MAX_OPTIONS, chosen=most)
        else:
            defaults = self._checker.items(model.get("default_values"), (*path, "default_values"), most=most)
            out |= {"default_values": defaults} if defaults else {}
            if model.get("type") == 8 and model.get("channel_types") is not None:
                out["channel_types"] = self._checker.items(model["channel_types"], (*path, "channel_types"), most=20)
        return out

    # -- in forms

    def text_input(self, model: JSON, path: Path) -> JSON:
        """Return a form's text input as Discord stores it."""
        out: JSON = {"custom_id": self.custom_id(model.get("custom_id"), path)}
        out["style"] = self._checker.choice(model.get("style"), (*path, "style"), (1, 2))
        least = self._checker.integer(
            model.get("min_length"), (*path, "min_length"), least=0, most=MAX_INPUT, default=0
        )
        most = self._checker.integer(
            model.get("max_length"), (*path, "max_length"), least=1, most=MAX_INPUT, default=MAX_INPUT
        )
        out |= {"min_length": least, "max_length": most}
        out["required"] = self._checker.boolean(model.get("required"), (*path, "required"), default=True)
        for name, limit in (("value", MAX_INPUT), ("placeholder", 100)):
            text = self._checker.string(model.get(name), (*path, name), most=limit)
            if text is not None:
                out[name] = text
        label = self._checker.string(model.get("label"), (*path, "label"), least=1, most=45)
        return {**out, "label": label} if label is not None else out

    def file_upload(self, model: JSON, path: Path) -> JSON:
        """Return a form's file upload as Discord stores it."""
        out: JSON = {"custom_id": self.custom_id(model.get("custom_id"), path)}
        out["required"] = self._checker.boolean(model.get("required"), (*path, "required"), default=True)
        least, most = self._range(model, path, ceiling=10)
        return {**out, "min_values": least, "max_values": most}

    def radio_group(self, model: JSON, path: Path) -> JSON:
        """Return a form's radio group as Discord stores it."""
        out: JSON = {"custom_id": self.custom_id(model.get("custom_id"), path)}
        out["required"] = self._checker.boolean(model.get("required"), (*path, "required"), default=True)
        return {**out, "options": self._options(model, path, least=2, most=10, chosen=1)}

    def checkbox_group(self, model: JSON, path: Path) -> JSON:
        """Return a form's checkbox group as Discord stores it."""
        out: JSON = {"custom_id": self.custom_id(model.get("custom_id"), path)}
        out["required"] = self._checker.boolean(model.get("required"), (*path, "required"), default=True)
        options = self._options(model, path, least=1, most=10, chosen=10)
        least, most = self._range(model, path, ceiling=10, default=max(1, len(options)))
        return {**out, "options": options, "min_values": least, "max_values": most}

    def checkbox(self, model: JSON, path: Path) -> JSON:
        """Return a form's checkbox as Discord stores it."""
        default = self._checker.boolean(model.get("default"), (*path, "default"))
        return {"custom_id": self.custom_id(model.get("custom_id"), path), "default": default}

    # -- in both

    def custom_id(self, given: Any, path: Path) -> str:
        """Return a custom id, which no other field may have."""
        where: Path = (*path, "custom_id")
        found = self._checker.string(given, where, least=1, most=MAX_CUSTOM_ID, required=True) or ""
        if found and found in self._custom_ids:
            what = "Component custom id cannot be duplicated"
            self._checker.fail(where, "COMPONENT_CUSTOM_ID_DUPLICATED", what)
        self._custom_ids.add(found)
        return found

    def _range(self, model: JSON, path: Path, *, ceiling: int, default: int = 1) -> tuple[int, int]:
        """Return ``min_values`` and ``max_values`` of a field."""
        where: Path = (*path, "min_values")
        required = not self._modal or model.get("required") is not False
        least = self._checker.integer(
            model.get("min_values"), where, least=1 if self._modal and required else 0, most=ceiling, default=1
        )
        most = self._checker.integer(
            model.get("max_values"), (*path, "max_values"), least=1, most=ceiling, default=default
        )
        if least > most:
            what = f"int value should be less than or equal to {most}."
            self._checker.fail(where, "NUMBER_TYPE_MAX", what)
        return (0, most) if self._modal and not required and model.get("min_values") is None else (least, most)

    def _options(self, model: JSON, path: Path, *, least: int, most: int, chosen: int) -> list[JSON]:
        where: Path = (*path, "options")
        out: list[JSON] = []
        values: set[str] = set()
        for index, item in enumerate(
            self._checker.items(model.get("options"), where, least=least, most=most, required=True)
        ):
            option = self._checker.model(item, (*where, index))
            if option is None:
                continue
            shown = self._option(option, (*where, index))
            if shown["value"] in values:
                what = "The specified option value is already used"
                self._checker.fail((*where, index), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", what)
            values.add(shown["value"])
            out.append(shown)
        if sum(bool(each.get("default")) for each in out) > chosen:
            what = "The specified number of default values exceeds the specified maximum values"
            self._checker.fail(where, "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", what)
        return out

    def _option(self, option: JSON, path: Path) -> JSON:
        out: JSON = {}
        for name in ("label", "value"):
            text = self._checker.string(option.get(name), (*path, name), least=1, most=100, required=True)
            out[name] = text or ""
        description = self._checker.string(option.get("description"), (*path, "description"), most=100)
        if description:
            out["description"] = description
        if option.get("emoji") is not None:
            out["emoji"] = self._emoji(option["emoji"], (*path, "emoji"))
        if self._checker.boolean(option.get("default"), (*path, "default")):
            out["default"] = True
        return out

    def _emoji(self, given: Any, path: Path) -> JSON:
        model = self._checker.model(given, path) or {}
        name, emoji_id = model.get("name"), model.get("id")
        plain = isinstance(name, str) and not is_emoji(name)
        if not isinstance(name, str) or (emoji_id is None and plain):
            self._checker.fail((*path, "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
        return {"name": name, "id": emoji_id}


def is_emoji(text: str) -> bool:
    """Return whether a text is one unicode emoji, as far as its characters tell."""
    keycap = text[-1:] == "\u20e3" and text[:1] in set("0123456789#*")
    return keycap or (0 < len(text) <= 16 and all(_pictorial(c) for c in text))


def _pictorial(character: str) -> bool:
    return character in "\u00a9\u00ae\u2139" or (ord(character) >= 0x200D and not character.isalnum())
