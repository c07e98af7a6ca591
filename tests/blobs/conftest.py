"""The emulated Slack, and the clouds' object storages on this machine."""

from tests.support.object_storage import azure_server, s3_server
from tests.support.slack import logging, slack

__all__ = ["azure_server", "logging", "s3_server", "slack"]
