"""Finds the targets of a broadcast, a page at a time: ten thousand of them are never in memory at once."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from gateway.errors import RequestRefused
from gateway.model import Document
from gateway.model.conversation import quoted
from gateway.ports import Address, Addresses, Documents, WantedAddresses
from gateway.proactive.broadcast import TARGET, Audience, Broadcast
from gateway.proactive.destinations import PERSON, Destination, Destinations, user_of

PAGE = 200
"""Targets read at once."""


class TargetStore(Addresses, Documents, Protocol):
    """The store, as far as targets are read from it."""


class Target(NamedTuple):
    """One conversation that a broadcast goes to."""

    name: str
    """Its key, or ``user:`` and the person whose direct messages it is."""
    person: str
    """The person (``UserRef.key``) whose direct messages it is; empty where it is not one person's."""
    conversation: str
    """Its key; empty where the direct messages are still to be opened."""
    position: str = ""
    """Where the targets behind it begin (``Part.after``)."""


class Targets:
    """The targets of broadcasts.

    Args:
        store: What is known of conversations.
        destinations: What finds those that were named.
        platforms: The names of the platforms that are on.
    """

    def __init__(self, store: TargetStore, destinations: Destinations, platforms: Sequence[str]) -> None:
        self._store = store
        self._destinations = destinations
        self._platforms = platforms

    async def plan(self, audience: Audience, now: float) -> tuple[Sequence[str], int, dict[str, list[Target]]]:
        """Return the platforms that a broadcast to this audience goes to, how many targets it has, and by platform
        those that were named. Raises ``RequestRefused`` for a platform that is not on and for a destination that is
        not known."""
        if audience.platform is not None and audience.platform not in self._platforms:
            raise RequestRefused(409, f"{audience.platform[:100]} is not on", where="to.platform")
        if audience.users or audience.conversations:
            named = await self._named(audience)
            return list(named), sum(map(len, named.values())), named
        names = [audience.platform] if audience.platform is not None else list(self._platforms)
        total = sum([await self._store.count_addresses(_wanted(audience, name, now)) for name in names])
        return names, total, {}

    async def _named(self, audience: Audience) -> dict[str, list[Target]]:
        named: dict[str, list[Target]] = {}
        for where, names in (("users", audience.users), ("conversations", audience.conversations)):
            for at, name in enumerate(dict.fromkeys(names)):
                platform, target = await (self._person(name) if where == "users" else self._conversation(name))
                if target is None or platform not in self._platforms:
                    text = f"no conversation is known as {name[:100]!r}, or its platform is not on"
                    raise RequestRefused(404, text, where=f"to.{where}[{at}]")
                named.setdefault(platform, []).append(target)
        return named

    async def _person(self, name: str) -> tuple[str, Target | None]:
        """Return the platform of a named person, and the target."""
        user = user_of(name.removeprefix(PERSON))
        return ("", None) if user is None else (user.platform, Target(f"{PERSON}{user.key}", user.key, ""))

    async def _conversation(self, name: str) -> tuple[str, Target | None]:
        """Return the platform of a named conversation, and the target; None where it is not known."""
        address = await self._store.address(name)
        return ("", None) if address is None else (address.ref.platform, _target_at(address))

    async def keep(self, broadcast: Broadcast, named: dict[str, list[Target]]) -> None:
        """Keep the named targets of a broadcast, so that they are known after a restart. One goes when its person is
        erased or its conversation deleted."""
        for platform, targets in named.items():
            for start in range(0, len(targets), PAGE):
                await self._store.put_documents(
                    [
                        Document(
                            kind=TARGET,
                            id=_id(broadcast, target),
                            body={"name": target.name},
                            parent=_parent(broadcast, platform),
                            person=target.person,
                            conversation=target.conversation,
                        )
                        for target in targets[start : start + PAGE]
                    ]
                )

    async def forget(self, broadcast: Broadcast) -> None:
        """Forget the named targets of a broadcast that has ended."""
        for platform in broadcast.parts:
            await self._store.delete_documents_below(TARGET, _parent(broadcast, platform))

    async def left(self, broadcast: Broadcast, platform: str) -> AsyncIterator[Target]:
        """Yield the targets on a platform that are not settled yet, in order."""
        after = broadcast.parts[platform].after
        read = self._read_named if broadcast.named else self._read_known
        while page := await read(broadcast, platform, after):
            for target in page:
                yield target
            after = page[-1].position

    async def _read_named(self, broadcast: Broadcast, platform: str, after: str) -> list[Target]:
        documents = await self._store.list_documents(
            TARGET, parent=_parent(broadcast, platform), after=int(after or 0), limit=PAGE
        )
        return [Target(str(each.body["name"]), each.person, each.conversation, str(each.rank)) for each in documents]

    async def _read_known(self, broadcast: Broadcast, platform: str, after: str) -> list[Target]:
        wanted = _wanted(Audience(**broadcast.audience), platform, broadcast.at)
        found = await self._store.addresses(wanted, after=after, limit=PAGE)
        return [_target_at(each)._replace(position=each.ref.key) for each in found]

    async def place(self, broadcast: Broadcast, target: Target) -> Destination | None:
        """Return the conversation of a target as it is now; None where it is gone. Raises ``RequestRefused`` when it
        cannot be written to."""
        if not broadcast.named:
            address = await self._store.address(target.name)
            return None if address is None else Destination(address.ref, user_of(address.user))
        if not await self.is_there(broadcast, target):
            return None
        found = await self._destinations.find(target.name)
        return found if await self.is_there(broadcast, target) else None

    async def is_there(self, broadcast: Broadcast, target: Target) -> bool:
        """Whether a target is still one: its person was not erased, nor its conversation deleted."""
        if broadcast.named:
            return await self._store.get_document(TARGET, _id(broadcast, target)) is not None
        return await self._store.address(target.name) is not None


def _wanted(audience: Audience, platform: str, before: float) -> WantedAddresses:
    workspace = "" if audience.workspace is None else f"{quoted(audience.workspace)}:"
    return WantedAddresses(f"{platform}:{workspace}", before, audience.kind, audience.active_since)


def _target_at(address: Address) -> Target:
    ref = address.ref
    return Target(ref.key, address.user if ref.kind == "dm" else "", ref.key)


def _id(broadcast: Broadcast, target: Target) -> str:
    return f"{broadcast.id}/{target.name}"


def _parent(broadcast: Broadcast, platform: str) -> str:
    return f"{broadcast.id}/{platform}"
