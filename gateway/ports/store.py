"""The interface of a whole store: every port over one database."""

from typing import Protocol

from gateway.ports.addresses import Addresses
from gateway.ports.cluster import Cluster
from gateway.ports.contents import ContentKeys
from gateway.ports.deletions import Deletions
from gateway.ports.documents import Documents
from gateway.ports.inbox import Inbox
from gateway.ports.journals import Journals
from gateway.ports.operations import Operations
from gateway.ports.outbox import Outbox
from gateway.ports.outcomes import Outcomes
from gateway.ports.payloads import Payloads
from gateway.ports.records import Records
from gateway.ports.rights import Rights
from gateway.ports.sessions import Sessions
from gateway.ports.threads import Threads
from gateway.telemetry.observer import Observer


class Store(
    Inbox,
    Outcomes,
    Outbox,
    Journals,
    Sessions,
    Threads,
    Addresses,
    Payloads,
    Documents,
    Rights,
    Deletions,
    Records,
    ContentKeys,
    Operations,
    Protocol,
):
    """Implements every port over one database, and opens, checks, prunes and closes that database."""

    @property
    def cluster(self) -> Cluster:
        """The replicas that work on this store."""
        ...

    def observe(self, observers: Observer) -> None:
        """Tell these observers of each commit, on the event loop. Call it before ``open``."""
        ...

    async def open(self) -> None:
        """Open the database, take ownership of it and create or migrate its schema. Raises ``SettingsError`` that names
        the fix when it cannot."""
        ...

    async def close(self) -> None:
        """Write what is pending, give up ownership and close the database."""
        ...

    async def ping(self) -> None:
        """Commit once, and raise what keeps the store from committing now."""
        ...

    async def index_steps(self, *, new: bool = True) -> bool:
        """Bring the index for searches a batch nearer to what is kept, and return whether there may be more to do.
        Nobody has to wait for it: a search reads what is not indexed.

        Args:
            new: Whether new steps are added, besides taking out what was changed or deleted.
        """
        ...

    async def purge_index(self, *, removed_before: float) -> bool:
        """Rewrite some pages of the index for searches, in which there still are traces of what was taken out of it,
        and return whether more is to be done.

        Args:
            removed_before: The time (epoch seconds) before which the first of it has to have been taken out.
        """
        ...

    async def prune(
        self,
        *,
        done_before: float,
        tokens_before: float,
        values_before: float,
        messages_before: float,
        requests_before: float,
        audit_before: float,
        limit: int = 1000,
    ) -> int:
        """Delete at most ``limit`` rows that are old enough, and return how many there were.

        The times are in seconds since the epoch. ``done_before`` is for done deliveries (their keys recognise
        duplicates until then) and ended sessions, ``tokens_before`` for long button tokens, ``values_before`` for what
        adapters keep, ``messages_before`` for message records and broadcasts; the age of these four counts from when
        they were last put. ``requests_before`` is for what programs asked to be said, and the keys by which a repeated
        request is recognised, ``audit_before`` for lines of the audit but those of exports, erasures and expiries.
        """
        ...
