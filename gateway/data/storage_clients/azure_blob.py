"""Files in a container of Azure Blob Storage, with the account's key."""

from gateway.data.storage_clients.azure import AzureStorageClient


class AzureBlobStorageClient(AzureStorageClient):
    """Keeps files in a container of Azure Blob Storage.

    Args:
        container_name: The name of the container.
        storage_account: The name of the storage account, or the address of its blobs where it is not in Azure's
            public cloud (``https://ACCOUNT.blob.core.chinacloudapi.cn``).
        storage_key: The key of the account.
    """

    def __init__(self, container_name: str, storage_account: str, storage_key: str) -> None:
        url = storage_account if "://" in storage_account else f"https://{storage_account}.blob.core.windows.net"
        super().__init__(url, container_name, credential=storage_key)
