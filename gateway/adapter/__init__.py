"""The interface of a platform adapter: what it implements, what it is given, and how the registry names it."""

from gateway.adapter.base import Accept, Adapter
from gateway.adapter.context import (
    Activity,
    AdapterContext,
    ApiAccess,
    ApiKey,
    BotIdentity,
    Cluster,
    Conversations,
    DocumentStore,
    FileVault,
    HeldFile,
    IdempotencyKeys,
    KeyValueStore,
)
from gateway.adapter.emulator import Emulator
from gateway.adapter.extras import (
    SupportsCommands,
    SupportsCompletion,
    SupportsDirectMessages,
    SupportsHandover,
    SupportsHistory,
    SupportsLookup,
    SupportsNotices,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsStreaming,
    SupportsTitles,
)
from gateway.adapter.platform import AppOptions, Platform
from gateway.adapter.uploads import UploadedFile, receive_upload
from gateway.model import KeyScope

__all__ = [
    "Accept",
    "Activity",
    "Adapter",
    "AdapterContext",
    "ApiAccess",
    "ApiKey",
    "AppOptions",
    "BotIdentity",
    "Cluster",
    "Conversations",
    "DocumentStore",
    "Emulator",
    "FileVault",
    "HeldFile",
    "IdempotencyKeys",
    "KeyScope",
    "KeyValueStore",
    "Platform",
    "SupportsCommands",
    "SupportsCompletion",
    "SupportsDirectMessages",
    "SupportsHandover",
    "SupportsHistory",
    "SupportsLookup",
    "SupportsNotices",
    "SupportsProfiles",
    "SupportsReactions",
    "SupportsStarters",
    "SupportsStreaming",
    "SupportsTitles",
    "UploadedFile",
    "receive_upload",
]
