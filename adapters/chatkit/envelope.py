"""Makes the deliveries of what people do in threads."""

import time
from typing import Any

from adapters.chatkit.threads import Thread
from gateway.model import Envelope


def envelope_of(thread: Thread, id: str, body: dict[str, Any]) -> Envelope:
    """Return the delivery of what was done in a thread. ``id`` names it: what has the same name is done once."""
    return Envelope(key=f"{thread.ref.key}:{id}", ref=thread.ref, body=body, received_at=time.time())
