"""The emulated Slack, and logs as an operator sees them, for every test of this folder."""

from tests.support.slack import logging, slack

__all__ = ["logging", "slack"]
