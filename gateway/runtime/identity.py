"""Notes in the store whose database it is: which bot of each platform. Another bot would be mixed up with it."""

from collections.abc import Iterable

from gateway.errors import AnotherBot
from gateway.ports import KeyValues

_TITLES = {"slack": "Slack", "discord": "Discord", "teams": "Teams"}


class StoredIdentity:
    """Compares bots with those that are noted. Implements ``gateway.adapter.BotIdentity`` on the port ``KeyValues``."""

    def __init__(self, store: KeyValues) -> None:
        self._store = store

    async def confirm(self, platform: str, id: str, *, name: str = "") -> None:
        """Note that the database belongs to this bot of a platform. Raises ``AnotherBot`` where another one of that
        platform is noted."""
        mine = {"id": id, "name": name}
        noted = await self._store.get_value("gateway", _key(platform))
        if not noted:
            noted = await self._store.add_value("gateway", _key(platform), mine)
        if not noted:  # it was forgotten on purpose
            await self._store.put_value("gateway", _key(platform), mine)
        elif noted["id"] != id:
            title = _TITLES.get(platform, platform)
            theirs, ours = (f"{each['name']} ({each['id']})" if each["name"] else each["id"] for each in (noted, mine))
            raise AnotherBot(
                f"DATABASE_URL: the database is that of another {title} bot, {theirs}; the credentials here are those "
                f"of {ours}. Give each bot a database of its own; to go on with this one as another bot, stop the "
                "gateway and run `gateway db forget-bots` once"
            )

    async def forget(self, platforms: Iterable[str]) -> list[str]:
        """Forget which bots the database belongs to, and return a line on each that was noted."""
        forgotten: list[str] = []
        for platform in platforms:
            noted = await self._store.get_value("gateway", _key(platform))
            if noted:
                await self._store.put_value("gateway", _key(platform), {})
                forgotten.append(f"{_TITLES.get(platform, platform)}: {noted['name'] or noted['id']}")
        return forgotten


def _key(platform: str) -> str:
    return f"bot:{platform}"
