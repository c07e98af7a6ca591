"""``chainlit.data.storage_clients.base``."""

from gateway.data.storage_clients.base import BaseStorageClient

__all__ = ["BaseStorageClient"]
