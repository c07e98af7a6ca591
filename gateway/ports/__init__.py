"""The interfaces a store implements: the inbox, the outcomes of turns, the outbox, the journals, the sessions, values
kept by key; and that of the blobs, which lie beside the database.

One object usually implements all but the last, because one transaction has to write all that a turn leaves behind: its
delivery done, its session saved, its journal dropped. Every method returns after its change is durable (committed and
synced). Changes submitted at the same time share a commit.
"""

from gateway.ports.addresses import Address, Addresses, WantedAddresses
from gateway.ports.blobs import Blob, BlobInfo, Blobs, BlobSource
from gateway.ports.cluster import Cluster
from gateway.ports.contents import ContentKeys
from gateway.ports.deletions import Deletions
from gateway.ports.documents import Documents
from gateway.ports.inbox import DeadLetter, Delivery, DeliveryState, Inbox, Lease, PutResult, Watcher
from gateway.ports.journals import EffectRecord, Journals
from gateway.ports.operations import (
    DayOfFeedback,
    InboxEntry,
    InboxPage,
    InboxSize,
    OpenSession,
    Operations,
    ReplicaState,
    SessionPage,
)
from gateway.ports.outbox import LayerStatus, Outbox, OutboxItem, OutboxSize
from gateway.ports.outcomes import NO_OUTCOME, Outcome, Outcomes
from gateway.ports.payloads import KeyValues, MessageRecords, Payloads, Tokens, ValueOwner
from gateway.ports.records import Condition, Found, FoundPage, Noun, RecordPage, RecordQuery, Records, RowUpsert
from gateway.ports.rights import AdminRequest, AuditLine, Erased, Expired, Rights, Traces
from gateway.ports.sessions import ANEW, PEOPLE, SessionRecord, Sessions
from gateway.ports.store import Store
from gateway.ports.threads import Threads

__all__ = [
    "ANEW",
    "NO_OUTCOME",
    "PEOPLE",
    "Address",
    "Addresses",
    "AdminRequest",
    "AuditLine",
    "Blob",
    "BlobInfo",
    "BlobSource",
    "Blobs",
    "Cluster",
    "Condition",
    "ContentKeys",
    "DayOfFeedback",
    "DeadLetter",
    "Deletions",
    "Delivery",
    "DeliveryState",
    "Documents",
    "EffectRecord",
    "Erased",
    "Expired",
    "Found",
    "FoundPage",
    "Inbox",
    "InboxEntry",
    "InboxPage",
    "InboxSize",
    "Journals",
    "KeyValues",
    "LayerStatus",
    "Lease",
    "MessageRecords",
    "Noun",
    "OpenSession",
    "Operations",
    "Outbox",
    "OutboxItem",
    "OutboxSize",
    "Outcome",
    "Outcomes",
    "Payloads",
    "PutResult",
    "RecordPage",
    "RecordQuery",
    "Records",
    "ReplicaState",
    "Rights",
    "RowUpsert",
    "SessionPage",
    "SessionRecord",
    "Sessions",
    "Store",
    "Threads",
    "Tokens",
    "Traces",
    "ValueOwner",
    "WantedAddresses",
    "Watcher",
]
