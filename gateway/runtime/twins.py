"""Two deliveries of one message: what the second one knows and the first one does not.

Slack sends a mention as two events, in any order, and the first may lack the files or the blocks. The first one starts
the turn; what its twin adds is put into it as long as the handler was not called.
"""

from dataclasses import replace

from gateway.model import MessageCreated, RemoteFile
from gateway.model.media import UNKNOWN

TWIN_WITHIN = 0.5
"""Seconds after its arrival within which the twin of a partial message is waited for, before the platform is asked."""


def merged(first: MessageCreated, second: MessageCreated) -> MessageCreated:
    """The message as both deliveries tell it; equal to ``first`` when the second one adds nothing."""
    return replace(
        first,
        text=second.text if len(second.text) > len(first.text) else first.text,
        files=_files(first.files, second.files),
        references=first.references if len(first.references) >= len(second.references) else second.references,
        addressed=first.addressed or second.addressed,
        partial=first.partial and second.partial,
        at=first.at or second.at,
    )


def _files(first: tuple[RemoteFile, ...], second: tuple[RemoteFile, ...]) -> tuple[RemoteFile, ...]:
    if not second or second == first:
        return first
    told = {file.id: file for file in second}
    known = {file.id for file in first}
    fuller = (max(file, told.get(file.id, file), key=_knowledge) for file in first)  # of equals the first one
    return (*fuller, *(file for file in second if file.id not in known))


def _knowledge(file: RemoteFile) -> int:
    """How much is known of a file: some deliveries have nothing but its id."""
    return sum((file.url is not None, file.size is not None, file.mime != UNKNOWN, file.name not in ("", file.id)))
