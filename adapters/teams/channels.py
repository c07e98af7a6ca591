"""Remembers in which channels of a team the bot was heard of: when it leaves the team, it leaves all of them.

Teams reports that once, in the team's General channel, and names no other channel. Every activity from a channel names
its team, so the channels are remembered by team, also beyond this process.
"""

from collections import OrderedDict
from collections.abc import Sequence

import structlog

from adapters.locks import ClusterLocks
from gateway.adapter import KeyValueStore

_TEAMS = 2_000
"""Teams whose channels are held in the process; the store knows the others."""
_CHANNELS = 1_000
"""Channels of one team (Teams' own limit, https://learn.microsoft.com/microsoftteams/limits-specifications-teams)."""

_PATIENCE = 2.0
"""Seconds to wait for another replica that adds a channel to the same team."""

log = structlog.get_logger(__name__)


class TeamChannels:
    """The known channels of each team; without a store only those this process has heard of."""

    def __init__(self, store: KeyValueStore | None, locks: ClusterLocks) -> None:
        self._store = store
        self._locks = locks
        self._known: OrderedDict[tuple[str, str], set[str]] = OrderedDict()

    async def saw(self, tenant: str, team: str, channel: str) -> None:
        """Remember that the bot was heard of in this channel; written to the store the first time only."""
        known = self._known.get((tenant, team))
        if known is not None and channel in known:
            return
        try:
            async with self._locks.hold(_name(tenant, team), within=_PATIENCE):  # another replica may add one as well
                known = {*await self._kept(tenant, team), *(known or ())}
                if channel not in known and len(known) < _CHANNELS:
                    known.add(channel)
                    await self._keep(tenant, team, known)
        except TimeoutError:
            return  # the next activity of this channel tries again
        self._known[tenant, team] = known | {channel}
        self._known.move_to_end((tenant, team))
        if len(self._known) > _TEAMS:
            self._known.popitem(last=False)

    async def of(self, tenant: str, team: str) -> Sequence[str]:
        """Return the known channels of a team."""
        return sorted({*await self._kept(tenant, team), *self._known.get((tenant, team), ())})

    async def _kept(self, tenant: str, team: str) -> list[str]:
        found = await self._store.recall(_name(tenant, team)) if self._store is not None else None
        channels = found.get("channels") if found is not None else None
        return [each for each in channels if isinstance(each, str)] if isinstance(channels, list) else []

    async def _keep(self, tenant: str, team: str, channels: set[str]) -> None:
        if self._store is None:
            return
        try:
            await self._store.keep(_name(tenant, team), {"channels": sorted(channels)})
        except Exception:
            # Ignored: the channels are needed only when the bot leaves, and the delivery is stored by itself.
            log.exception("teams.channel_not_kept", team=team)


def _name(tenant: str, team: str) -> str:
    return f"teams.channels.{tenant}.{team}"
