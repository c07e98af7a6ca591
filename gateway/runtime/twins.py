"""Merges two deliveries of one message (twins), of which the second may know what the first lacks.

Slack sends a mention as two events, in any order, and the first may lack the files or the blocks. The first one starts
the turn; what the second one adds is merged into it until the handler is called.
"""

from dataclasses import replace

from gateway.model import MessageCreated, RemoteFile
from gateway.model.media import UNKNOWN

TWIN_WITHIN = 0.5
"""Seconds after the arrival of a partial message for which a second delivery of it is awaited, before the platform is
asked for the rest."""


def merged(first: MessageCreated, second: MessageCreated) -> MessageCreated:
    """Return the message with what either delivery knows of it; equal to ``first`` when the second adds nothing."""
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
    # ``max`` takes the first of two that know as much.
    fuller = (max(file, told.get(file.id, file), key=_knowledge) for file in first)
    return (*fuller, *(file for file in second if file.id not in known))


def _knowledge(file: RemoteFile) -> int:
    """Return how many facts are known of a file: some deliveries have nothing but its id."""
    return sum((file.url is not None, file.size is not None, file.mime != UNKNOWN, file.name not in ("", file.id)))
