"""The interface of a platform adapter: what it implements, what it is given, and how the registry names it."""

from gateway.adapter.base import Accept, Adapter
from gateway.adapter.context import AdapterContext, FileVault, HeldFile, KeyValueStore
from gateway.adapter.emulator import Emulator
from gateway.adapter.extras import (
    SupportsCommands,
    SupportsCompletion,
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

__all__ = [
    "Accept",
    "Adapter",
    "AdapterContext",
    "AppOptions",
    "Emulator",
    "FileVault",
    "HeldFile",
    "KeyValueStore",
    "Platform",
    "SupportsCommands",
    "SupportsCompletion",
    "SupportsHistory",
    "SupportsLookup",
    "SupportsNotices",
    "SupportsProfiles",
    "SupportsReactions",
    "SupportsStarters",
    "SupportsStreaming",
    "SupportsTitles",
]
