"""Ids in paths: a percent-encoded slash belongs to the id that it stands in, and divides nothing."""

from typing import Annotated
from urllib.parse import quote, unquote, unquote_to_bytes

from fastapi import Path
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send


class SegmentedPaths:
    """Has paths matched as they were sent, in which an encoded slash is not one between two segments. ``Decoded`` reads
    what a segment says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            scope = {**scope, "path": _segmented(scope)}
        await self._app(scope, receive, send)


def _segmented(scope: Scope) -> str:
    """Return the path of a request with its segments encoded, all in the same way, behind the prefix of this
    application, which is not."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    sent: bytes = scope.get("raw_path") or quote(path).encode()
    if not path.startswith(f"{prefix}/"):
        prefix = ""
    segments = sent.partition(b"?")[0].split(b"/")[prefix.count("/") + 1 :]
    return "/".join([prefix, *(quote(unquote_to_bytes(segment), safe="") for segment in segments)])


Decoded = AfterValidator(unquote)
"""Reads what a segment of a path says, whose slashes, as all else, may be percent-encoded."""

ThreadId = Annotated[str, Path(description="The id of a thread.", examples=["0198c5f1-thread"]), Decoded]
StepId = Annotated[str, Path(description="The id of a message or a step.", examples=["0198c5f1-step"]), Decoded]
ElementId = Annotated[str, Path(description="The id of an element.", examples=["0198c5f1-element"]), Decoded]
FeedbackId = Annotated[str, Path(description="The id of a feedback.", examples=["0198c5f1-feedback"]), Decoded]
MessageId = Annotated[
    str, Path(description="The id that the request for a message was answered with.", examples=["0198c5f1"]), Decoded
]
BroadcastId = Annotated[
    str, Path(description="The id that the request for a broadcast was answered with.", examples=["0198c5f1"]), Decoded
]
Identifier = Annotated[str, Path(description="The identifier of a person.", examples=["slack:T1:U1"]), Decoded]
Destination = Annotated[
    str,
    Path(
        description="The address of a conversation, the id of one of its threads, or `user:` and the identifier of a "
        "person.",
        examples=["slack:T1:C1:171.001", "user:slack:T1:U1"],
    ),
    Decoded,
]
