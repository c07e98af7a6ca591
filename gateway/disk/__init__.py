"""Files the gateway keeps for others: readable by it alone, bounded in size, written by threads of their own."""

from gateway.disk.mounts import network_file_system
from gateway.disk.private import create, make_folder
from gateway.disk.quota import Quota
from gateway.disk.room import free_bytes, has_no_room, has_spare_room, is_full, make_room, may_write
from gateway.disk.threads import in_thread
from gateway.disk.writing import created

__all__ = [
    "Quota",
    "create",
    "created",
    "free_bytes",
    "has_no_room",
    "has_spare_room",
    "in_thread",
    "is_full",
    "make_folder",
    "make_room",
    "may_write",
    "network_file_system",
]
