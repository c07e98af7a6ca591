"""Finds the targets of a broadcast, a page at a time: ten thousand of them are never in memory at once."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from gateway.errors import RequestRefused
from gateway.model import Document
from gateway.model.conversation import quoted
from gateway.ports import Addresses, Documents, WantedAddresses
from gateway.proactive.broadcast import TARGET, Audience, Broadcast
from gateway.proactive.destinations import PERSON, Destination, Destinations, user_of

PAGE = 200
"""Targets read at once."""


class TargetStore(Addresses, Documents, Protocol):
    """The store, as far as targets are read from it."""


class Target(NamedTuple):
    """One conversation that a broadcast goes to."""

    name: str
    """Its key, or what it was named by."""
    position: str
    """Where the targets behind it begin (``Part.after``)."""
    place: Destination | None
    """The conversation; None where it is still to be found."""


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

    async def plan(self, audience: Audience, now: float) -> tuple[Sequence[str], int, dict[str, list[str]]]:
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

    async def _named(self, audience: Audience) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for where, names in (("users", audience.users), ("conversations", audience.conversations)):
            for at, name in enumerate(dict.fromkeys(names)):
                platform, target = await self._platform_of(where, name)
                if platform not in self._platforms:
                    text = f"no conversation is known as {name[:100]!r}, or its platform is not on"
                    raise RequestRefused(404, text, where=f"to.{where}[{at}]")
                named.setdefault(platform, []).append(target)
        return named

    async def _platform_of(self, where: str, name: str) -> tuple[str, str]:
        """Return the platform of a named target, empty where it is not known, and the target's full name."""
        if where == "users":
            user = user_of(name.removeprefix(PERSON))
            return ("", name) if user is None else (user.platform, f"{PERSON}{user.key}")
        address = await self._store.address(name)
        return ("", name) if address is None else (address.ref.platform, address.ref.key)

    async def keep(self, broadcast: Broadcast, named: dict[str, list[str]]) -> None:
        """Keep the named targets of a broadcast, so that they are known after a restart."""
        for platform, names in named.items():
            for start in range(0, len(names), PAGE):
                await self._store.put_documents(
                    [
                        Document(
                            kind=TARGET,
                            id=f"{broadcast.id}/{name}",
                            body={"name": name},
                            parent=_parent(broadcast, platform),
                            person=name.removeprefix(PERSON) if name.startswith(PERSON) else "",
                        )
                        for name in names[start : start + PAGE]
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
        return [Target(str(each.body["name"]), str(each.rank), None) for each in documents]

    async def _read_known(self, broadcast: Broadcast, platform: str, after: str) -> list[Target]:
        wanted = _wanted(Audience(**broadcast.audience), platform, broadcast.at)
        found = await self._store.addresses(wanted, after=after, limit=PAGE)
        return [Target(each.ref.key, each.ref.key, Destination(each.ref, user_of(each.user))) for each in found]

    async def place(self, target: Target) -> Destination:
        """Return the conversation of a target. Raises ``RequestRefused`` when it cannot be written to."""
        return target.place or await self._destinations.find(target.name)


def _wanted(audience: Audience, platform: str, before: float) -> WantedAddresses:
    workspace = "" if audience.workspace is None else f"{quoted(audience.workspace)}:"
    return WantedAddresses(f"{platform}:{workspace}", before, audience.kind, audience.active_since)


def _parent(broadcast: Broadcast, platform: str) -> str:
    return f"{broadcast.id}/{platform}"
