"""What messages and broadcasts that programs ask for have in common: the words, and the key of a request."""

from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from gateway.errors import RequestRefused
from gateway.proactive.requests import KEY_HEADER, KEY_LIMIT

TEXT_LIMIT = 100_000
"""Characters a text may have. One that is longer than a platform's messages is divided."""
AUTHOR_LIMIT = 80
"""Characters of a name to show instead of the bot's own."""

KeyHeader = Annotated[
    str | None,
    Header(alias=KEY_HEADER, description="What names this request: repeated under the same key it does nothing more."),
]
"""The header of a request with its idempotency key."""

Key = Annotated[str, Field(min_length=1, max_length=KEY_LIMIT)]


class Asked(BaseModel):
    """A part of a request. A field that nobody knows is refused, so that a slip of the pen is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=False)


class SayingBody(Asked):
    """The fields of a request that wants something said."""

    text: Annotated[str, Field(max_length=TEXT_LIMIT)]
    author: Annotated[str, Field(min_length=1, max_length=AUTHOR_LIMIT)] | None = None
    idempotency_key: Key | None = None

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("there is nothing to say in it")
        return text


def key_of(given: str | None, body: SayingBody) -> str | None:
    """Return the idempotency key of a request, from its header (``given``) or its body. Raises ``RequestRefused`` (400)
    where the two differ."""
    if given is None:
        return body.idempotency_key
    if body.idempotency_key not in (None, given):
        raise RequestRefused(400, "the idempotency keys in the header and in the body differ", where=KEY_HEADER)
    return given
