"""``chainlit.data.storage_clients.local``."""

from gateway.data.storage_clients.local import LocalStorageClient

__all__ = ["LocalStorageClient"]
