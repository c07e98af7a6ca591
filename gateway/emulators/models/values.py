"""What is asked of the model and what it answers, alike for all APIs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = dict[str, Any]
"""A JSON object."""

Role = Literal["system", "user", "assistant", "tool"]
"""Who says a message."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool: its id, the tool's name and the arguments."""

    id: str
    name: str
    arguments: JSON


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation."""

    role: Role
    text: str
    calls: Sequence[Call] = ()
    call_id: str = ""
    """Of a tool's message: the call that it answers."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call, with the JSON schema of its parameters."""

    name: str
    parameters: JSON = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, whichever API it came through."""

    model: str
    messages: Sequence[Said]
    tools: Sequence[Tool] = ()
    must_call: str = ""
    """The name of the tool that has to be called; ``*`` for any; empty where the model decides."""
    parallel: bool = True
    """Whether one answer may hold several calls."""
    schema: JSON | None = None
    """The JSON schema that the answer has to fit; an empty one for any object."""
    stop: Sequence[str] = ()
    limit: int | None = None
    """Tokens that the answer may have at most."""

    @property
    def question(self) -> str:
        """The last message of the user."""
        return next((each.text for each in reversed(self.messages) if each.role == "user"), "")

    @property
    def instructions(self) -> str:
        """All system messages."""
        return "\n".join(each.text for each in self.messages if each.role == "system")

    @property
    def since(self) -> Sequence[Said]:
        """The messages after the last one of the user: calls of tools and their results."""
        last = max((place for place, each in enumerate(self.messages) if each.role == "user"), default=-1)
        return self.messages[last + 1 :]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: a text, or calls of tools."""

    text: str = ""
    calls: Sequence[Call] = ()
    cut: bool = False
    """Whether the text ended at the limit of tokens."""


class ApiError(Exception):
    """A request that the API refuses, with the status and the fields of the error's body.

    Args:
        status: The HTTP status.
        message: What is wrong, in the API's words.
        type: The kind of the error.
        param: The field that is wrong.
        code: The error's code.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.body: Mapping[str, Any] = {"message": message, "type": type, "param": param, "code": code}
