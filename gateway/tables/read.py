"""Checks the tables of ``gateway.toml``: a mistake is an error that names the file, the line and what was meant."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import SettingsError
from gateway.tables.access import AccessTable
from gateway.tables.document import TomlDocument, read_document
from gateway.tables.limits import LimitsTable

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables, checked."""

    access: AccessTable = field(default_factory=AccessTable)
    limits: LimitsTable = field(default_factory=LimitsTable)
    document: TomlDocument = field(default_factory=TomlDocument)
    """The file, for errors that only show later."""


def read_tables(document: TomlDocument | None = None) -> Tables:
    """Return the tables of ``gateway.toml`` in the working folder. Raises ``SettingsError``, which names the line."""
    document = document or read_document()
    return Tables(
        access=_checked(AccessTable, "access", document),
        limits=_checked(LimitsTable, "limits", document),
        document=document,
    )


def _checked(model: type[M], name: str, document: TomlDocument) -> M:
    try:
        return model.model_validate(document.tables.get(name, {}))
    except ValidationError as error:
        raise SettingsError(_described(error.errors()[0], model, name, document)) from None


def _described(error: ErrorDetails, model: type[BaseModel], name: str, document: TomlDocument) -> str:
    path = error["loc"]
    where, dotted = document.where(name, *path), ".".join(str(each) for each in (name, *path))
    if error["type"] == "extra_forbidden":
        *around, last = path
        known = list(_model_at(model, around).model_fields)
        close = get_close_matches(str(last), known, 1)
        if close:
            return f"{where}: there is no {dotted}; did you mean {close[0]}?"
        above = "; a setting like GATEWAY_PORT belongs above the first table" if name in dotted else ""
        return f"{where}: there is no {dotted}; there are {', '.join(known)}{above}"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error'] if 'ctx' in error else error['msg']}"
    return f"{where}: {dotted}: {_lower(error['msg'])}"


def _model_at(model: type[BaseModel], path: list[str | int]) -> type[BaseModel]:
    for each in path:
        inner: Any = model.model_fields[str(each)].annotation
        model = inner
    return model


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
