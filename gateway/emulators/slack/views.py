"""Modals and Home tabs: opening, updating and pushing them with triggers."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

import orjson

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import MAX_TRANSIENT, Backend
from gateway.emulators.slack.validate import check_view
from gateway.emulators.slack.values import ApiError, new_id
from gateway.emulators.slack.world import Team

MAX_STACK = 3
"""Modals in one stack (Slack's guide on modals)."""
MAX_VIEW_BYTES = 250_000
"""Bytes of a view as JSON; a larger one is ``view_too_large``."""


@dataclass(slots=True)
class View:
    """An open modal. ``wire`` is Slack's view object, ``errors`` the messages beside its fields by block id."""

    team: Team
    user: str
    wire: JSON
    errors: JSON = field(default_factory=dict[str, object])

    @property
    def id(self) -> str:
        """The view's id."""
        return str(self.wire["id"])


class Views:
    """The open modals (``open``), the stack each person sees (``stacks``) and the Home tabs (``homes``)."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.open: OrderedDict[str, View] = OrderedDict()
        self.homes: dict[tuple[str, str], JSON] = {}
        self.stacks: dict[tuple[str, str], list[str]] = {}

    def stack(self, team: Team, user: str) -> list[str]:
        """Return the ids of the modals open before a person, the topmost last."""
        return self.stacks.setdefault((team.id, user), [])

    def open_new(self, team: Team, user: str, given: JSON) -> View:
        """Open a modal. The modals that were open before the person are closed."""
        for view_id in list(self.stack(team, user)):
            self.close(self.open[view_id])
        return self._add(team, user, given, previous=None)

    def push(self, team: Team, user: str, given: JSON) -> View:
        """Open a modal on top of the person's stack. Raises ``push_limit_reached`` when the stack is full."""
        stack = self.stack(team, user)
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= MAX_STACK:
            raise ApiError("push_limit_reached")
        return self._add(team, user, given, previous=self.open[stack[-1]])

    def update(self, view: View, given: JSON) -> View:
        """Replace the content of a modal."""
        old = view.wire
        fresh = self._wire(view.team, given)
        kept = ("id", "team_id", "app_id", "bot_id", "root_view_id", "previous_view_id", "app_installed_team_id")
        view.wire = {**fresh, **{name: old[name] for name in kept}}
        view.errors = {}
        self.changed(view)
        return view

    def close(self, view: View) -> None:
        """Close a modal."""
        self.open.pop(view.id, None)
        stack = self.stack(view.team, view.user)
        if view.id in stack:
            stack.remove(view.id)
        if not stack:
            self.stacks.pop((view.team.id, view.user), None)
        self._publish(view.id, None)

    def clear(self, team: Team, user: str) -> None:
        """Close all modals of a person."""
        for view_id in list(self.stack(team, user)):
            self.close(self.open[view_id])

    def changed(self, view: View) -> None:
        """Notify the observers that a modal changed."""
        self._publish(view.id, view)

    def _add(self, team: Team, user: str, given: JSON, *, previous: View | None) -> View:
        wire = self._wire(team, given)
        wire["previous_view_id"] = previous.id if previous else None
        wire["root_view_id"] = previous.wire["root_view_id"] if previous else wire["id"]
        view = View(team, user, wire)
        self.open[view.id] = view
        self.stack(team, user).append(view.id)
        while len(self.open) > MAX_TRANSIENT:
            self.close(next(iter(self.open.values())))
        self.changed(view)
        return view

    def _wire(self, team: Team, given: JSON) -> JSON:
        external = given.get("external_id") or ""
        return {
            "id": new_id("V"),
            "team_id": team.id,
            "type": given["type"],
            "blocks": given["blocks"],
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "state": {"values": {}},
            "hash": f"{self._backend.world.clock.ts()}.{secrets.token_hex(4)}",
            "title": given.get("title"),
            "clear_on_close": bool(given.get("clear_on_close")),
            "notify_on_close": bool(given.get("notify_on_close")),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": None,
            "root_view_id": None,
            "app_id": team.bot.app_id,
            "external_id": external,
            "app_installed_team_id": team.id,
            "bot_id": team.bot.bot_id,
        }

    def _publish(self, view_id: str, view: View | None) -> None:
        observers = self._backend.observers
        observers.changed()
        if observers.watched:
            change: JSON = {"type": "change", "entity": "view", "view_id": view_id, "view": view and view.wire}
            if view is not None:
                change |= {"errors": view.errors, "user": view.user}
            observers.publish(change)

    def by_reference(self, team: Team, args: JSON) -> View:
        """Return the modal that a call names by ``view_id`` or ``external_id``. Raises ``not_found``."""
        view_id, external = read.string(args, "view_id"), read.string(args, "external_id")
        for view in self.open.values():
            if view.team is team and (view.id == view_id or (external and view.wire["external_id"] == external)):
                return view
        raise ApiError("not_found")

    def given(self, team: Team, args: JSON, *, replacing: View | None = None) -> JSON:
        """Return the ``view`` argument after checking it."""
        value = read.structure(args, "view")
        if value is not None and len(orjson.dumps(value)) > MAX_VIEW_BYTES:
            raise ApiError("view_too_large")
        view = check_view(value)
        external = view.get("external_id")
        for other in self.open.values():
            if external and other.team is team and other is not replacing and other.wire["external_id"] == external:
                raise ApiError("duplicate_external_id")
        return view

    # -- Web API methods

    def views_open(self, backend: Backend, team: Team, args: JSON) -> JSON:
        """Answer ``views.open``."""
        given = self.given(team, args)
        trigger = backend.exchange(team, read.required(args, "trigger_id"))
        trigger.used = True
        return {"ok": True, "view": self.open_new(team, trigger.user, given).wire}

    def views_push(self, backend: Backend, team: Team, args: JSON) -> JSON:
        """Answer ``views.push``."""
        given = self.given(team, args)
        trigger = backend.exchange(team, read.required(args, "trigger_id"))
        view = self.push(team, trigger.user, given)
        trigger.used = True
        return {"ok": True, "view": view.wire}

    def views_update(self, backend: Backend, team: Team, args: JSON) -> JSON:
        """Answer ``views.update``."""
        del backend
        view = self.by_reference(team, args)
        given = self.given(team, args, replacing=view)
        expected = read.string(args, "hash")
        if expected is not None and expected != view.wire["hash"]:
            raise ApiError("hash_conflict")
        return {"ok": True, "view": self.update(view, given).wire}

    def views_publish(self, backend: Backend, team: Team, args: JSON) -> JSON:
        """Answer ``views.publish``."""
        del backend
        user = read.required(args, "user_id")
        if user not in team.users:
            raise ApiError("user_not_found")
        wire = self._wire(team, self.given(team, args))
        self.homes[(team.id, user)] = wire
        return {"ok": True, "view": wire}
