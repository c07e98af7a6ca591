"""The routes of application commands: https://docs.discord.com/developers/interactions/application-commands."""

import re
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import lookup
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import ApiError, Path
from gateway.emulators.discord.requests import Created, Request

MAX_COMMANDS = 100
"""Commands of one scope (Discord's guide on application commands)."""
MAX_OPTIONS = 25
"""Options of one command (Discord's guide on application commands)."""
_NAME = re.compile(r"[-_'\w]{1,32}")
_TRANSLATIONS = ("name_localizations", "description_localizations")
_COPIED = ("options", "name_localizations", "description_localizations", "nsfw", "integration_types", "contexts")


def get(backend: Backend, request: Request) -> list[JSON]:
    """Answer the request for a scope's commands. Translations are included only on request."""
    found = list(_scope(backend, request).values())
    if request.flag("with_localizations"):
        return found
    return [{name: value for name, value in each.items() if name not in _TRANSLATIONS} for each in found]


def overwrite(backend: Backend, request: Request) -> list[JSON]:
    """Answer the replacement of all commands of a scope. A command keeps its id if its name and type are the same."""
    scope = _scope(backend, request)
    checker = Checker()
    given = checker.items(request.body, (), most=MAX_COMMANDS)
    if len(given) > MAX_COMMANDS:
        raise ApiError.of(30032)
    known = {(c["name"], c["type"]): c for c in scope.values()}
    fresh: dict[str, JSON] = {}
    names: set[tuple[str, int]] = set()
    for index, item in enumerate(given):
        model = checker.model(item, (index,))
        if model is None:
            continue
        command = _command(backend, checker, model, (index,))
        key = (command["name"], command["type"])
        if key in names and not checker.errors:
            what = "Application command names must be unique"
            checker.fail((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", what)
        names.add(key)
        _place(fresh, command, known.get(key), request)
    checker.errors.raise_any()
    scope.clear()
    scope.update(fresh)
    _notice(backend)
    return list(scope.values())


def create(backend: Backend, request: Request) -> JSON | Created:
    """Answer the registration of one command. It replaces a command of the same name and type."""
    scope = _scope(backend, request)
    checker = Checker()
    command = _command(backend, checker, request.form, ())
    checker.errors.raise_any()
    same = (c for c in scope.values() if (c["name"], c["type"]) == (command["name"], command["type"]))
    known = next(same, None)
    if known is None and len(scope) >= MAX_COMMANDS:
        raise ApiError.of(30032)
    _place(scope, command, known, request)
    _notice(backend)
    return Created(command) if known is None else command


def delete(backend: Backend, request: Request) -> None:
    """Answer the deletion of a command."""
    if _scope(backend, request).pop(request.params["command_id"], None) is None:
        raise ApiError.of(10063)
    _notice(backend)


def _notice(backend: Backend) -> None:
    backend.observers.changed()
    if backend.observers.watched:
        known = [c for scope in backend.application.commands.values() for c in scope.values()]
        backend.observers.publish({"type": "change", "entity": "commands", "commands": known})


def _scope(backend: Backend, request: Request) -> dict[str, JSON]:
    if request.params["application_id"] != backend.world.application_id:
        raise ApiError.of(20012)
    guild_id = lookup.guild(backend, request).id if "guild_id" in request.params else ""
    return backend.application.commands.setdefault(guild_id, {})


def _place(scope: dict[str, JSON], command: JSON, known: JSON | None, request: Request) -> None:
    if known is not None:
        command["id"] = known["id"]
    if "guild_id" in request.params:
        command["guild_id"] = request.params["guild_id"]
    scope[command["id"]] = command


def _command(backend: Backend, checker: Checker, given: JSON, path: Path) -> JSON:
    kind = checker.choice(given.get("type"), (*path, "type"), (1, 2, 3, 4), default=1)
    name = _name(checker, given.get("name"), (*path, "name"), slash=kind == 1)
    least, most = (1, 100) if kind == 1 else (0, 0)
    where: Path = (*path, "description")
    description = checker.string(given.get("description"), where, least=least, most=most, required=kind == 1) or ""
    _options(checker, given.get("options"), (*path, "options"))
    ids = backend.world.ids
    return {
        "id": ids.next(),
        "application_id": backend.world.application_id,
        "version": ids.next(),
        "type": kind if isinstance(kind, int) else 1,
        "name": name,
        "description": description,
        "default_member_permissions": given.get("default_member_permissions"),
        "dm_permission": given.get("dm_permission", True),
        **{key: given[key] for key in _COPIED if given.get(key) is not None},
    }


def _name(checker: Checker, given: Any, path: Path, *, slash: bool) -> str:
    name = checker.string(given, path, least=1, most=32, required=True) or ""
    if slash and name and (not _NAME.fullmatch(name) or name != name.lower()):
        checker.fail(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return name


def _options(checker: Checker, given: Any, path: Path) -> None:
    optional = False
    names: set[str] = set()
    for index, item in enumerate(checker.items(given, path, most=MAX_OPTIONS)):
        where: Path = (*path, index)
        option = checker.model(item, where)
        if option is None:
            continue
        checker.choice(option.get("type"), (*where, "type"), tuple(range(1, 12)))
        name = _name(checker, option.get("name"), (*where, "name"), slash=True)
        if name in names:
            what = "Option name must be unique within a command"
            checker.fail((*where, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", what)
        names.add(name)
        checker.string(option.get("description"), (*where, "description"), least=1, most=100, required=True)
        required = checker.boolean(option.get("required"), (*where, "required"))
        if required and optional:
            what = "Required options must be placed before non-required options"
            checker.fail(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", what)
        optional = optional or not required
        _choices(checker, option.get("choices"), (*where, "choices"))
        _options(checker, option.get("options"), (*where, "options"))


def _choices(checker: Checker, given: Any, path: Path) -> None:
    for index, item in enumerate(checker.items(given, path, most=25)):
        choice = checker.model(item, (*path, index))
        if choice is not None:
            checker.string(choice.get("name"), (*path, index, "name"), least=1, most=100, required=True)
            checker.string(choice.get("value"), (*path, index, "value"), most=100, required=True)
