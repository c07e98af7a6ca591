"""Everything that leaves for a platform: split, paced, retried, never sent twice."""

from gateway.egress.limiter import Limiter
from gateway.egress.pace import Pace
from gateway.egress.retry import Doubt, RetryPolicy
from gateway.egress.sender import Sender
from gateway.egress.stream import MessageStream
from gateway.egress.wire import Lookup

__all__ = ["Doubt", "Limiter", "Lookup", "MessageStream", "Pace", "RetryPolicy", "Sender"]
