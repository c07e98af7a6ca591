"""What an app of Chainlit's imports from ``chainlit.data.storage_clients.azure_blob``: the gateway's own objects."""

from gateway.data.storage_clients.azure_blob import AzureBlobStorageClient

__all__ = ["AzureBlobStorageClient"]
