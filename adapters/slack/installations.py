"""Stores the installations of the app, one document for each workspace or organisation, and caches those in use."""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import structlog

from adapters.fields import text
from adapters.locks import ClusterLocks
from adapters.slack.installation import INSTALLATION, Installation, document_of, installation_in
from gateway.adapter import Cipher, Cluster, DocumentStore
from gateway.errors import SettingsError, StoreFailed, Unavailable, Undecryptable
from gateway.model import Document

_WORKSPACE = "slack.workspace"
"""The kind of the documents that say to which organisation's installation a workspace belongs; their ids are those of
the workspaces, their parents those of the organisations."""
_CHANGED = "slack.installation"
"""The topic under which replicas tell each other that an installation was stored or removed."""
_KEPT = 5_000
"""Installations in memory; a further one is read again when it is needed."""
_ABSENT = 10.0
"""Seconds for which it is believed that the app is not installed somewhere. Another replica that installs it says so
sooner, and what it says may be lost."""
_PAGE = 200
LOCK_WITHIN = 10.0
"""Seconds to wait for the turn to change an installation."""

log = structlog.get_logger(__name__)


class _Seen(NamedTuple):
    installation: Installation | None
    at: float
    """When it was read, by the monotonic clock in seconds."""


class Installations:
    """The installations of this app. Several replicas share them; each change is made under a lock that all respect."""

    def __init__(self, documents: DocumentStore, cipher: Cipher, cluster: Cluster | None) -> None:
        self._documents = documents
        self._cipher = cipher
        self._cluster = cluster
        self._locks = ClusterLocks(cluster)
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._orgs: OrderedDict[str, str] = OrderedDict()
        """The organisation of each workspace that has no installation of its own."""
        self._changes = 0
        self._listeners: list[Callable[[str], None]] = []
        self.unreadable: set[str] = set()
        """Installations that no key decrypts."""

    def listen(self) -> None:
        """Hear from now on what other replicas change."""
        if self._cluster is not None:
            self._cluster.listen(_CHANGED, lambda told: self._forget(text(told, "id")))

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` called with the id of each installation that changes, here or at another replica."""
        self._listeners.append(listener)

    def lock(self, id: str, *, within: float = LOCK_WITHIN) -> AbstractAsyncContextManager[None]:
        """Return the context manager that holds the lock for changing an installation. Entering it raises
        ``TimeoutError``, ``Fenced`` or ``StoreFailed``."""
        return self._locks.hold(f"{_CHANGED}.{id}", within=within)

    def cached(self, id: str) -> Installation | None:
        """Return an installation that is in memory."""
        seen = self._seen.get(id)
        return None if seen is None else seen.installation

    async def get(self, id: str) -> Installation | None:
        """Return an installation, from memory where it is there; None where the app is not installed. Raises
        ``Undecryptable``, and ``Unavailable`` where the store fails."""
        seen = self._seen.get(id)
        if seen is not None and (seen.installation is not None or time.monotonic() - seen.at < _ABSENT):
            self._seen.move_to_end(id)
            return seen.installation
        return await self.read(id)

    async def read(self, id: str) -> Installation | None:
        """Return an installation as it is stored now. Raises what ``get`` raises."""
        before = self._changes
        try:
            document = await self._documents.get_document(INSTALLATION, id)
        except StoreFailed as error:
            raise Unavailable(f"the installation in {id} cannot be read now: {error}") from error
        found = None if document is None else self._opened(document)
        if before == self._changes:  # else it may be older than what was told meanwhile
            self._remember(id, found)
        return found

    def _opened(self, document: Document) -> Installation:
        try:
            installation = installation_in(document, self._cipher)
        except Undecryptable as error:
            if document.id not in self.unreadable:
                self.unreadable.add(document.id)
                log.error("slack.installation_unreadable", workspace=document.id, error=str(error))
            raise
        self.unreadable.discard(document.id)
        return installation

    def _remember(self, id: str, installation: Installation | None) -> None:
        self._seen[id] = _Seen(installation, time.monotonic())
        self._seen.move_to_end(id)
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)

    def _forget(self, id: str) -> None:
        self._changes += 1
        self._seen.pop(id, None)
        for listener in self._listeners:
            listener(id)

    async def save(self, installation: Installation) -> None:
        """Store an installation in place of a former one, and tell the other replicas. The caller holds its lock.
        Raises ``StoreFailed``."""
        await self._documents.put_documents([document_of(installation, self._cipher)])
        self._changed(installation.id)
        self.unreadable.discard(installation.id)
        self._remember(installation.id, installation)

    async def remove(self, id: str) -> None:
        """Delete an installation with its tokens, and what is known of an organisation's workspaces. The caller holds
        its lock. Raises ``StoreFailed``."""
        await self._documents.delete_documents(INSTALLATION, [id])
        await self._documents.delete_documents_below(_WORKSPACE, id)
        for team in [team for team, org in self._orgs.items() if org == id]:
            del self._orgs[team]
        self.unreadable.discard(id)
        self._changed(id)

    def _changed(self, id: str) -> None:
        self._forget(id)
        if self._cluster is not None:
            self._cluster.tell(_CHANGED, {"id": id})

    # -- organisations

    async def org_of(self, team: str) -> str:
        """Return the organisation whose installation counts for a workspace; empty where none is known. Raises
        ``Unavailable``."""
        if known := self._orgs.get(team):
            return known
        try:
            document = await self._documents.get_document(_WORKSPACE, team)
        except StoreFailed as error:
            raise Unavailable(f"the organisation of {team} cannot be read now: {error}") from error
        org = "" if document is None else document.parent
        if org:
            self._note_org(team, org)
        return org

    async def belongs(self, team: str, org: str) -> None:
        """Note that the installation of an organisation counts for a workspace, for sends that name only the
        workspace. Raises ``StoreFailed``."""
        if self._orgs.get(team) == org:
            return
        document = Document(kind=_WORKSPACE, id=team, parent=org, body={})
        if not await self._documents.add_document(document):
            found = await self._documents.get_document(_WORKSPACE, team)
            if found is None or found.parent != org:
                await self._documents.delete_documents(_WORKSPACE, [team])
                await self._documents.add_document(document)
        self._note_org(team, org)

    def _note_org(self, team: str, org: str) -> None:
        self._orgs[team] = org
        if len(self._orgs) > _KEPT:
            self._orgs.popitem(last=False)

    async def teams_of(self, org: str, *, limit: int) -> Sequence[str]:
        """Return the workspaces for which the installation of an organisation is known to count."""
        return [each.id for each in await self._documents.list_documents(_WORKSPACE, parent=org, limit=limit)]

    # -- keys

    async def check(self) -> tuple[int, str]:
        """Look at the installations stored first; return how many these are, and the app they belong to. Raises
        ``SettingsError`` where there are some and no key decrypts any of them."""
        documents = await self._documents.list_documents(INSTALLATION, limit=_PAGE)
        found: list[Installation] = []
        failure: Undecryptable | None = None
        for document in documents:
            try:
                found.append(self._opened(document))
            except Undecryptable as error:
                failure = error
        if failure is not None and not found:
            raise SettingsError(
                f"GATEWAY_ENCRYPTION_KEYS: {len(documents)} installations of the Slack app are stored, and {failure}"
            )
        return len(documents), next((each.app for each in found), "")

    async def encrypt_again(self) -> int:
        """Encrypt with the newest key what is encrypted with an older one, so that the older one can be given up;
        return how many installations that were."""
        done = 0
        async for document in self._all():
            if self._cipher.is_current(text(document.body, "secret")):
                continue
            async with self.lock(document.id):
                try:
                    current = await self.read(document.id)
                except Undecryptable:
                    continue  # logged, and reported by ``unreadable``
                if current is not None:
                    await self.save(current)
                    done += 1
        return done

    async def _all(self) -> AsyncIterator[Document]:
        after: int | None = None
        while page := await self._documents.list_documents(INSTALLATION, after=after, limit=_PAGE):
            for document in page:
                yield document
            after = page[-1].rank
