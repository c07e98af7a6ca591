"""What a session is asked to be, and what that resolves to: the request of ``POST /v1/chatkit/sessions``."""

from typing import Annotated, Any, Literal, cast

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

LIFETIME = 600
"""Seconds for which a session lives unless it says otherwise (OpenAI API reference, *Create ChatKit session*)."""
REQUESTS = 10
"""Requests a minute unless it says otherwise (OpenAI API reference, *Create ChatKit session*)."""
FILE_MB = 512
"""Megabytes of an uploaded file unless it says otherwise (OpenAI API reference, *Create ChatKit session*)."""
FILES = 10
"""Files that can be uploaded unless it says otherwise (OpenAI API reference, *Create ChatKit session*)."""
LONGEST_LIFETIME = 365 * 86_400
"""Seconds for which a session lives at most; the gateway's own choice."""
VARIABLES = 100
"""State variables of a session; the gateway's own choice."""
VALUE = 10_000
"""Characters of the value of a state variable; the gateway's own choice."""
_ID = 512


def _variable(value: object) -> str | bool | int | float:
    if not isinstance(value, str | bool | int | float):
        raise PydanticCustomError("variable", "a state variable is a string, a number or a boolean")
    if isinstance(value, str) and len(value) > VALUE:
        raise PydanticCustomError("variable", "a state variable has {most} characters at most", {"most": VALUE})
    return value


Variable = Annotated[str | bool | int | float, PlainValidator(_variable)]
"""The value of a state variable."""


class _Part(BaseModel):
    """A part of the request. What is not known of it is ignored, as OpenAI's own service does; null is the default."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in cast("dict[object, object]", given).items() if value is not None}


class Tracing(_Part):
    """Whether the workflow is traced; kept and told, and of no further effect."""

    enabled: StrictBool = True


class Workflow(_Part):
    """The workflow that the session is for. The bot is always the same one; its handlers can read the variables."""

    id: Annotated[StrictStr, Field(min_length=1, max_length=_ID)]
    version: Annotated[StrictStr, Field(max_length=_ID)] | None = None
    state_variables: (
        Annotated[dict[Annotated[str, Field(max_length=64)], Variable], Field(max_length=VARIABLES)] | None
    ) = None
    tracing: Tracing = Tracing()


class Titling(_Part):
    """Whether threads get titles by themselves."""

    enabled: StrictBool = True


class History(_Part):
    """Whether threads are listed, and how many of them."""

    enabled: StrictBool = True
    recent_threads: Annotated[StrictInt, Field(ge=1)] | None = None


class FileUpload(_Part):
    """Whether files can be uploaded, how large (in megabytes) and how many."""

    enabled: StrictBool = False
    max_file_size: Annotated[StrictInt, Field(ge=1, le=FILE_MB)] = FILE_MB
    max_files: Annotated[StrictInt, Field(ge=1, le=1_000)] = FILES


class Configuration(_Part):
    """What the session's client can do."""

    automatic_thread_titling: Titling = Titling()
    history: History = History()
    file_upload: FileUpload = FileUpload()


class ExpiresAfter(_Part):
    """When the session ends: so many seconds after it was created or after its last request."""

    anchor: Literal["created_at", "creation", "last_activity"] = "created_at"
    seconds: Annotated[StrictInt, Field(ge=1, le=LONGEST_LIFETIME)] = LIFETIME


class RateLimits(_Part):
    """How many requests a minute the session's client can make."""

    max_requests_per_1_minute: Annotated[
        StrictInt,
        Field(ge=1, validation_alias=AliasChoices("max_requests_per_1_minute", "per_minute")),
    ] = REQUESTS


class SessionRequest(_Part):
    """The body of ``POST /v1/chatkit/sessions``."""

    user: Annotated[StrictStr, Field(min_length=1, max_length=_ID)]
    workflow: Workflow
    chatkit_configuration: Configuration = Configuration()
    expires_after: ExpiresAfter = ExpiresAfter()
    rate_limits: RateLimits = RateLimits()


def dumped(part: _Part) -> dict[str, Any]:
    """Return a part of a session as JSON, with all defaults filled in."""
    return part.model_dump(mode="json")
