"""Sends to the platforms: splits long messages, keeps to rate limits, retries, and never sends a message twice."""

from gateway.egress.client import Lookup
from gateway.egress.limiter import Limiter
from gateway.egress.retry import Doubt, RetryPolicy
from gateway.egress.sender import Sender
from gateway.egress.stream import MessageStream

__all__ = ["Doubt", "Limiter", "Lookup", "MessageStream", "RetryPolicy", "Sender"]
