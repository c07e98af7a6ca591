"""``chainlit.data.storage_clients.gcs``."""

from gateway.data.storage_clients.gcs import GCSStorageClient

__all__ = ["GCSStorageClient"]
