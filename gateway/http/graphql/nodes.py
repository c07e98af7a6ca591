"""Rows of history as the objects of the schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from gateway.model.plain import as_json
from gateway.ports.records import Row

Node: TypeAlias = dict[str, Any]
"""An object of the schema by the names of its fields, with those of the row that its resolvers need."""

PROJECT = "gateway"
"""The id of the only project there is."""
MESSAGES = frozenset({"user_message", "assistant_message", "system_message"})
"""Types of steps that are messages, which have no input."""


def thread(row: Row) -> Node:
    """Return a thread. Its steps are read where they are asked for."""
    return {
        **row,
        "projectId": PROJECT,
        "metadata": row["metadata"] or {},
        "tags": row["tags"] or [],
        "participantId": row["userId"],
        "participantIdentifier": row["userIdentifier"],
    }


def step(row: Row, *, scores: list[Node], attachments: list[Node]) -> Node:
    """Return a message or a step."""
    given: Mapping[str, Any] = row["given"] or {}
    generation = row["generation"]
    return {
        **row,
        "projectId": PROJECT,
        "rootRunId": given.get("rootRunId"),
        "startTime": row["start"],
        "endTime": row["end"],
        "duration": _seconds(row["start"], row["end"]),
        "error": given.get("error") or (row["output"] or "error" if row["isError"] else None),
        "input": None if row["type"] in MESSAGES and "input" not in given else _said(row["input"], given, "input"),
        "output": _said(row["output"], given, "output"),
        "metadata": row["metadata"] or {},
        "environment": given.get("environment"),
        "tags": row["tags"] or [],
        "ok": True,
        "message": None,
        "scores": scores,
        "attachments": attachments,
        "generation": None if generation is None else generation_of(row),
    }


def text_of(value: Any) -> str:
    """Return what a program gave as input or output as the text that is shown and searched: what it says where it is
    ``{"content": "…"}``, else its JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case {"content": str(said), **rest} if not rest:
            return said
        case _:
            return as_json(value).decode()


def _said(text: str | None, given: Mapping[str, Any], name: str) -> Any:
    """Return an input or an output: as it was given, unless it was changed since; a text as ``{"content": text}``."""
    if name in given and text_of(given[name]) == (text or ""):
        return given[name]
    return {"content": text} if text else None


def generation_of(row: Row) -> Node:
    """Return the generation of a step: what is kept of a call of a model."""
    kept: Mapping[str, Any] = row["generation"]
    given: Mapping[str, Any] = row["given"] or {}
    return {
        **kept,
        "id": row["id"],
        "stepId": row["id"],
        "projectId": PROJECT,
        "createdAt": row["createdAt"],
        "tags": kept.get("tags") or row["tags"] or [],
        "error": kept.get("error") or given.get("error"),
    }


def score(row: Row) -> Node:
    """Return a score."""
    return {
        **row,
        "projectId": PROJECT,
        "generationId": None,
        "datasetExperimentItemId": None,
        "scorer": row["label"],
        "tags": row["tags"] or [],
        "updatedAt": row["createdAt"],
    }


def attachment(row: Row, link: str | None) -> Node:
    """Return an attachment, with an address at which its content can be read."""
    return {**row, "stepId": row["forId"], "metadata": row["props"] or {}, "url": row["url"] or link}


def participant(row: Row) -> Node:
    """Return a person."""
    return {**row, "metadata": row["metadata"] or {}}


def _seconds(start: str | None, end: str | None) -> float | None:
    try:
        return (datetime.fromisoformat(end or "") - datetime.fromisoformat(start or "")).total_seconds()
    except (TypeError, ValueError):  # no times, or one with a zone and one without
        return None
