"""Everything that leaves for a platform: split, paced, retried, never sent twice."""

from gateway.egress.client import Lookup
from gateway.egress.limiter import Limiter
from gateway.egress.retry import Doubt, RetryPolicy
from gateway.egress.sender import Sender
from gateway.egress.stream import MessageStream

__all__ = ["Doubt", "Limiter", "Lookup", "MessageStream", "RetryPolicy", "Sender"]
