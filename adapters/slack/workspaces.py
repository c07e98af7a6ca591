"""Finds what the adapter has of a workspace: the client with its token, the bot's identity there, and what is
remembered of its conversations. Each is made when it is needed, from the installation, and a bounded number is kept."""

from collections import OrderedDict, deque

from adapters.fields import Json
from adapters.slack.access import People
from adapters.slack.addressees import addressees
from adapters.slack.agent import Agent
from adapters.slack.api import SlackApi, SlackHttp
from adapters.slack.completion import Completion
from adapters.slack.downloads import Downloads
from adapters.slack.envelope import Me
from adapters.slack.history import History
from adapters.slack.installation import Installation
from adapters.slack.installations import Installations
from adapters.slack.outbound import Outbox
from adapters.slack.rotation import InstalledToken, Rotation
from adapters.slack.stream import Streams
from adapters.slack.threads import Threads
from adapters.slack.tokens import FixedToken, TokenSource
from adapters.slack.uploads import Uploads
from gateway.adapter import KeyValueStore
from gateway.errors import Forbidden, StoreFailed, Unavailable, Undecryptable

LOOKS = 20
"""Looks in a minute in one workspace, less than half of what reactions.get allows (tier 3, about 50): a busy channel is
full of reactions that concern nobody. The replicas of the gateway share them."""
_KEPT = 1_000
"""Workspaces in memory, those used last; some 4 KB each, measured."""


class Workspace:
    """What the adapter has of one workspace."""

    def __init__(self, http: SlackHttp, tokens: TokenSource, me: Me, store: KeyValueStore | None) -> None:
        self.me = me
        """The bot's identity there; what a delivery says of it takes precedence."""
        self.api = SlackApi(http, tokens)
        uploads = Uploads(self.api)
        threads = Threads(store)
        self.history = History(self.api, threads)
        self.outbox = Outbox(self.api, uploads, threads, self.history)
        self.streams = Streams(self.api, uploads, threads)
        self.downloads = Downloads(self.api)
        self.completion = Completion(self.api, self.downloads)
        self.agent = Agent(self.api)
        self.people = People(self.api)
        self.looks: deque[float] = deque(maxlen=LOOKS)
        """When threads of messages that were reacted to were looked up, by the monotonic clock in seconds."""
        self.installed = isinstance(tokens, InstalledToken)
        """Whether the app was installed there by OAuth, and the identity is known only here."""


class Workspaces:
    """The workspaces the app is installed in. ``own`` is that of the bot token in the settings; without installations
    it is the only one, and everything is for it."""

    def __init__(
        self,
        http: SlackHttp,
        *,
        token: str | None,
        store: KeyValueStore | None,
        installations: Installations | None = None,
        rotation: Rotation | None = None,
    ) -> None:
        self._http = http
        self._store = store
        self._installations = installations
        self._rotation = rotation
        self.own = None if token is None else Workspace(http, FixedToken(token), Me(), store)
        """The workspace of ``SLACK_BOT_TOKEN``."""
        self._kept: OrderedDict[str, tuple[str, Workspace]] = OrderedDict()
        """The workspaces in memory by their ids, with the ids of their installations."""
        if installations is not None:
            installations.on_change(self._drop)

    def _drop(self, installation: str) -> None:
        for team in [team for team, (id, _) in self._kept.items() if installation in (id, team)]:
            del self._kept[team]

    def _is_own(self, team: str) -> bool:
        return self.own is not None and (self._installations is None or (bool(team) and team == self.own.me.team))

    async def get(self, team: str) -> Workspace:
        """Return the workspace of a conversation, a person or a file. Raises ``Forbidden`` where the app is not
        installed, ``Unavailable`` where that cannot be looked up now."""
        try:
            found = await self._find(team, "")
        except Undecryptable as error:
            raise Forbidden(f"the token of {team} cannot be read: {error}") from error
        if found is None:
            assert self._rotation is not None
            raise Forbidden(f"the app is not installed in {team}: {self._rotation.fix(team)}")
        return found

    async def addressed(self, body: Json) -> Workspace | None:
        """Return the workspace that a delivery is for: the likeliest in which the app is installed. None where it is in
        none. Raises ``Unavailable`` and ``Undecryptable``."""
        if self._installations is None:
            return self.own
        for each in addressees(body):
            found = await self._find(each.team, each.org, org_wide=each.org_wide)
            if found is not None:
                return found
        if self.own is not None and not self.own.me.team:
            raise Unavailable("it is not known yet to which workspace SLACK_BOT_TOKEN belongs")
        return None

    async def _find(self, team: str, org: str, *, org_wide: bool = False) -> Workspace | None:
        if self._is_own(team):
            return self.own
        installations = self._installations
        if installations is None:
            return None
        kept = self._kept.get(team)
        if kept is not None:
            self._kept.move_to_end(team)
            return kept[1]
        installation = None if org_wide or not team else await installations.get(team)
        if installation is None:
            org = org or (await installations.org_of(team) if team else "")
            installation = await installations.get(org) if org else None
            if installation is not None and team and team != installation.id:
                try:
                    await installations.belongs(team, installation.id)
                except StoreFailed as error:
                    raise Unavailable(f"the organisation of {team} cannot be noted now: {error}") from error
        return None if installation is None else self._made(team or installation.id, installation)

    def _made(self, team: str, installation: Installation) -> Workspace:
        assert self._installations is not None and self._rotation is not None
        tokens = InstalledToken(installation.id, self._installations, self._rotation)
        me = Me(team, installation.user, installation.bot, installation.bot_name)
        made = Workspace(self._http, tokens, me, self._store)
        if self._installations.cached(installation.id) is installation:  # else it has changed meanwhile
            self._kept[team] = (installation.id, made)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return made
