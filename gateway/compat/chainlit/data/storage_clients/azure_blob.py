"""``chainlit.data.storage_clients.azure_blob``."""

from gateway.data.storage_clients.azure_blob import AzureBlobStorageClient

__all__ = ["AzureBlobStorageClient"]
