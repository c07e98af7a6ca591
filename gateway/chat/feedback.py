"""What a user thinks of an answer, as ``on_feedback`` gets it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Feedback:
    """What a user thinks of an answer. The same ``forId`` comes again when a comment follows the thumbs.

    Args:
        forId: The id of the message that was rated.
        value: 1 for thumbs up, 0 for thumbs down.
        threadId: The id of the thread that history keeps the conversation as.
        id: The feedback's own id, where it is stored; a data layer may set it.
        comment: What the user wrote about it; None where there is no comment yet.
    """

    forId: str
    value: Literal[0, 1]
    threadId: str | None = None
    id: str | None = None
    comment: str | None = None
