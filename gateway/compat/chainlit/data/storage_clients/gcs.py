"""What an app written for Chainlit imports from ``chainlit.data.storage_clients.gcs``: the gateway's own objects."""

from gateway.data.storage_clients.gcs import GCSStorageClient

__all__ = ["GCSStorageClient"]
