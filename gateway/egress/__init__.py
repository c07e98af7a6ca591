"""Everything that leaves for a platform: split, paced, retried, never sent twice."""

from gateway.egress.limiter import Limiter
from gateway.egress.pace import Pace
from gateway.egress.retry import RetryPolicy
from gateway.egress.sender import Sender
from gateway.egress.stream import MessageStream
from gateway.egress.wire import Lookup

__all__ = ["Limiter", "Lookup", "MessageStream", "Pace", "RetryPolicy", "Sender"]
