"""What an app written for Chainlit imports from ``chainlit.data.storage_clients.local``: the gateway's own objects."""

from gateway.data.storage_clients.local import LocalStorageClient

__all__ = ["LocalStorageClient"]
