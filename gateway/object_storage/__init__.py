"""Stores contents by key in a folder or in a bucket of a cloud: the port ``Blobs`` on obstore."""

from gateway.object_storage.bucket import CLIENT, RETRY, Bucket
from gateway.object_storage.folder import Folder
from gateway.object_storage.keys import check_key, check_prefix

__all__ = ["CLIENT", "RETRY", "Bucket", "Folder", "check_key", "check_prefix"]
