"""The bot's own say on who may use it: ``@on_authorize`` and ``@on_quota``."""

from gateway.chat.registry import Callbacks
from gateway.chat.user import User
from gateway.model import AccessRequest, Profile, QuotaReached, UserRef
from gateway.runtime.calling import call


class AccessHooks:
    """Calls the hooks of a bot. What they raise is the caller's to judge."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    @property
    def authorizes(self) -> bool:
        """Whether the bot has an ``on_authorize``."""
        return self._callbacks.on_authorize is not None

    @property
    def judges_quotas(self) -> bool:
        """Whether the bot has an ``on_quota``."""
        return self._callbacks.on_quota is not None

    async def authorize(self, user: UserRef, profile: Profile | None, request: AccessRequest) -> object:
        """Return what ``on_authorize`` says."""
        hook = self._callbacks.on_authorize
        return True if hook is None else await call(hook, User.of(user, profile), request)

    async def over_quota(self, user: UserRef, profile: Profile | None, quota: QuotaReached) -> object:
        """Return what ``on_quota`` says."""
        hook = self._callbacks.on_quota
        return None if hook is None else await call(hook, User.of(user, profile), quota)
