"""The form of an element ask, made of input widgets and kept in the token of the button that opens it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.model import Capabilities, Form, FormField, FormValue, SwitchField
from gateway.model.widget import InputWidget
from gateway.runtime.settings import ChatForm, from_widgets, to_widgets
from gateway.runtime.tokens import ElementToken

MISSING = "please fill this in"
"""What a person is told of a field that must not be empty."""


@dataclass(frozen=True, slots=True)
class ElementForm:
    """Widgets that are filled in, some of which must not stay empty."""

    widgets: Sequence[InputWidget]
    required: frozenset[str] = frozenset()
    """Ids of the widgets that need a value."""

    @classmethod
    def of(cls, token: ElementToken) -> "ElementForm":
        """Return the form that the token keeps."""
        return cls(widgets=to_widgets(token.widgets), required=frozenset(token.required))

    def pages(self, limits: Capabilities) -> "list[ElementForm]":
        """Return the form in as many as the platform needs."""
        pages = ChatForm(owner="", widgets=self.widgets).pages(limits)
        return [ElementForm(page, self.required & {widget.id for widget in page}) for page in pages]

    def token(self, *, delivery: str, ordinal: int, title: str, whole: bool) -> ElementToken:
        """Return the token of the button that opens the form, for the ask of this delivery and ordinal."""
        return ElementToken(
            delivery=delivery,
            ordinal=ordinal,
            title=title,
            whole=whole,
            widgets=tuple(from_widgets(self.widgets)),
            required=tuple(sorted(self.required)),
        )

    def form(self, *, token: str, title: str, submit: str, limits: Capabilities) -> Form:
        """Return the form as a platform opens it."""
        fields = [
            _needed(field) if widget.id in self.required else field
            for widget in self.widgets
            for field in widget.fields(widget.initial, options=limits.form_options)
        ]
        return Form(token=token, title=title, fields=tuple(fields), submit_label=submit)

    def read(self, entered: Mapping[str, FormValue], limits: Capabilities) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that were entered, by widget id, and what is wrong with others, by field id."""
        values, errors = ChatForm(owner="", widgets=self.widgets).read(entered, limits)
        for widget in self.widgets:
            if widget.id in values and widget.id in self.required and is_empty(values[widget.id]):
                field = widget.fields(widget.initial, options=limits.form_options)[0].id
                errors[field] = f"{widget.label}: {MISSING}"
        return values, errors

    def missing(self) -> list[str]:
        """Return the labels of the widgets that need a value and have none."""
        return [widget.label for widget in self.widgets if widget.id in self.required and is_empty(widget.initial)]


def is_empty(value: Any) -> bool:
    """Whether a value counts as not given."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _needed(field: FormField) -> FormField:
    return field if isinstance(field, SwitchField) else replace(field, required=True)
