"""Documents: small JSON objects that an adapter or the gateway itself keeps, in the order in which they were made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A JSON object of a certain kind, found by its id or listed below its parent."""

    kind: str
    """What it is, with the name of who keeps it: ``chatkit.thread``."""
    id: str
    """The id, which no other document of its kind has."""
    body: Mapping[str, Any]
    parent: str = ""
    """What it belongs to, such as the id of a thread; documents are listed by it."""
    person: str = ""
    """Whose it is (``UserRef.key``): it goes when this person is erased. Empty for nobody's."""
    conversation: str = ""
    """The conversation it belongs to (``ConversationRef.key``): it expires with the others of that conversation. Empty
    for none."""
    rank: int = 0
    """The place in the order in which documents were made. The store gives it; it is 0 before."""
