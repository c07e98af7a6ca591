"""Blobs: contents of files by key, in a folder and in the buckets of clouds."""
