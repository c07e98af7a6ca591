"""What messages and broadcasts that programs ask for have in common: the words, and the key of a request."""

from typing import Annotated

from fastapi import Header
from pydantic import Field, field_validator

from gateway.errors import RequestRefused
from gateway.http.api.bodies import Asked
from gateway.proactive.requests import KEY_HEADER, KEY_LIMIT

TEXT_LIMIT = 100_000
"""Characters a text may have. One that is longer than a platform's messages is divided."""
AUTHOR_LIMIT = 80
"""Characters of a name to show instead of the bot's own."""

KeyHeader = Annotated[
    str | None,
    Header(
        alias=KEY_HEADER,
        description="What names this request: repeated under it, nothing more is done.",
        examples=["build-4711"],
    ),
]
"""The header of a request with its idempotency key."""

Key = Annotated[str, Field(min_length=1, max_length=KEY_LIMIT)]


class SayingBody(Asked):
    """The fields of a request that wants something said."""

    text: Annotated[str, Field(max_length=TEXT_LIMIT, examples=["The build is **green**."])]
    """What to say, as Markdown. It is divided where a platform takes less at once."""
    author: Annotated[str, Field(min_length=1, max_length=AUTHOR_LIMIT, examples=["Builds"])] | None = None
    """A name shown instead of the bot's own, where the platform can."""
    idempotency_key: Annotated[Key | None, Field(examples=["build-4711"])] = None
    """The same as the header `Idempotency-Key`."""

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
