"""What an app written for Chainlit imports from ``chainlit.data.storage_clients.base``: the gateway's own objects."""

from gateway.data.storage_clients.base import BaseStorageClient

__all__ = ["BaseStorageClient"]
