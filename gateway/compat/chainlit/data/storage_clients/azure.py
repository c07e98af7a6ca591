"""What an app written for Chainlit imports from ``chainlit.data.storage_clients.azure``: the gateway's own objects."""

from gateway.data.storage_clients.azure import AzureStorageClient

__all__ = ["AzureStorageClient"]
