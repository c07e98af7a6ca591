"""A conversation's settings as its session keeps them: the widgets, the values, who may change them, and the message
with the button that opens them. The form is made and a submission checked from this data alone."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from gateway.model import Capabilities, Form, FormValue, Receipt, UserRef, from_json, to_json
from gateway.model.widget import InputWidget, NotAccepted, Widget
from gateway.ports import KeyValues
from gateway.runtime.session import OWN

VALUES = "chat_settings"
"""The name under which a session holds the values, by widget id."""
_FORM = f"{OWN}settings"
_KEPT = 500
"""Values that are kept of one person, the newest ones."""

_WIDGETS: TypeAdapter[list[Widget]] = TypeAdapter(list[Widget])


@dataclass(frozen=True, slots=True)
class ChatForm:
    """The settings that a conversation offers."""

    owner: str
    """The platform's id of the person who may change them; empty for everybody."""
    widgets: Sequence[InputWidget]
    receipts: tuple[Receipt, ...] = ()
    """The message with the buttons."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "ChatForm | None":
        """Return the settings that a session with these values offers; None if it offers none."""
        body = values.get(_FORM)
        if body is None:
            return None
        return cls(
            owner=body["owner"],
            widgets=to_widgets(body["widgets"]),
            receipts=tuple(from_json(Receipt, each) for each in body["receipts"]),
        )

    def keep(self, values: MutableMapping[str, Any]) -> None:
        """Store the settings among a session's values."""
        values[_FORM] = {
            "owner": self.owner,
            "widgets": from_widgets(self.widgets),
            "receipts": [to_json(receipt) for receipt in self.receipts],
        }

    def posted(self, receipts: tuple[Receipt, ...]) -> "ChatForm":
        """Return the same settings with the message they were posted in."""
        return replace(self, receipts=receipts)

    def may_change(self, user: UserRef) -> bool:
        """Whether this person may change them."""
        return self.owner in ("", user.id)

    def pages(self, limits: Capabilities) -> list[list[InputWidget]]:
        """Return the widgets in pages of as many fields as a form of the platform can have."""
        pages: list[list[InputWidget]] = []
        room = 0
        for widget in self.widgets:
            if widget.disabled:
                continue
            fields = len(widget.fields(widget.initial, options=limits.form_options))
            if fields > room:
                pages.append([])
                room = limits.form_fields
            pages[-1].append(widget)
            room -= fields
        return pages

    def form(self, page: int, values: Mapping[str, Any], *, token: str, limits: Capabilities) -> Form | None:
        """Return a page as a form filled with the values; None if there is no such page."""
        pages = self.pages(limits)
        if not 0 <= page < len(pages):
            return None
        return Form(
            token=token,
            title="Settings" if len(pages) == 1 else f"Settings {page + 1}/{len(pages)}",
            fields=tuple(
                field
                for widget in pages[page]
                for field in widget.fields(values.get(widget.id, widget.initial), options=limits.form_options)
            ),
            submit_label="Save",
        )

    def read(self, entered: Mapping[str, FormValue], limits: Capabilities) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that were entered, by widget id, and what is wrong with others, by field id. Widgets whose
        fields the form did not have are left out."""
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for widget in self.widgets:
            fields = widget.fields(widget.initial, options=limits.form_options)
            if widget.disabled or not all(field.id in entered for field in fields):
                continue
            try:
                values[widget.id] = widget.read(entered)
            except NotAccepted as error:
                errors[error.field] = f"{widget.label}: {error}"
        return values, errors

    def knows(self, entered: Mapping[str, FormValue], limits: Capabilities) -> bool:
        """Return whether what was entered is for these widgets, and not for others that were there before."""
        asked = {
            field.id
            for widget in self.widgets
            if not widget.disabled
            for field in widget.fields(widget.initial, options=limits.form_options)
        }
        return bool(entered) and all(id in asked for id in entered)


def to_widgets(stored: Sequence[Mapping[str, Any]]) -> tuple[InputWidget, ...]:
    """Return the widgets that JSON describes."""
    return tuple(_WIDGETS.validate_python(stored))


def from_widgets(widgets: Sequence[InputWidget]) -> list[dict[str, Any]]:
    """Return widgets as JSON."""
    stored: list[dict[str, Any]] = _WIDGETS.dump_python(list(widgets), mode="json")  # type: ignore[arg-type]
    return stored


async def kept_for(user: UserRef, store: KeyValues) -> Mapping[str, Any]:
    """Return the values a person chose last, in whichever conversation, by widget id."""
    body = await store.get_value("gateway", _person(user))
    values: Mapping[str, Any] = {} if body is None else body["values"]
    return values


async def keep_for(user: UserRef, values: Mapping[str, Any], store: KeyValues) -> None:
    """Remember the values a person chose; values of other widgets stay."""
    kept = {id: value for id, value in (await kept_for(user, store)).items() if id not in values} | dict(values)
    await store.put_value("gateway", _person(user), {"values": dict(list(kept.items())[-_KEPT:])})


def _person(user: UserRef) -> str:
    return f"settings:{user.key}"
