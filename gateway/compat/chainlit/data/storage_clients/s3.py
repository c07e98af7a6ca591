"""``chainlit.data.storage_clients.s3``."""

from gateway.data.storage_clients.s3 import S3StorageClient

__all__ = ["S3StorageClient"]
