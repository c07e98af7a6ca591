"""``chainlit.data.storage_clients.azure``."""

from gateway.data.storage_clients.azure import AzureStorageClient

__all__ = ["AzureStorageClient"]
