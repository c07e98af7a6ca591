"""What an app written for Chainlit imports from ``chainlit.data.storage_clients.s3``: the gateway's own objects."""

from gateway.data.storage_clients.s3 import S3StorageClient

__all__ = ["S3StorageClient"]
