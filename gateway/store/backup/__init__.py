"""Backups of the database and the local blobs: one tar file, written beside a running gateway and restored without
one."""

from gateway.store.backup.restore import Restored, restore
from gateway.store.backup.save import Saved, save

__all__ = ["Restored", "Saved", "restore", "save"]
