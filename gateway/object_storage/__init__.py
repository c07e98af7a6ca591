"""Stores contents by key in a folder or in a bucket of a cloud: the port ``Blobs`` on obstore."""

from gateway.object_storage.azure import AzureBucket
from gateway.object_storage.bucket import CLIENT, RETRY, Bucket, opened
from gateway.object_storage.folder import Folder
from gateway.object_storage.google import GoogleBucket, gcs_address, gcs_config
from gateway.object_storage.keys import check_key, check_prefix, clean_key

__all__ = [
    "CLIENT",
    "RETRY",
    "AzureBucket",
    "Bucket",
    "Folder",
    "GoogleBucket",
    "check_key",
    "check_prefix",
    "clean_key",
    "gcs_address",
    "gcs_config",
    "opened",
]
