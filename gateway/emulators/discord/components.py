"""Checks the components of messages, legacy and V2: https://docs.discord.com/developers/components/reference."""

from collections.abc import Callable
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import Path
from gateway.emulators.discord.fields import Fields

MAX_ROWS = 5
"""Action rows of a legacy message (Discord's component reference)."""
MAX_BUTTONS = 5
"""Buttons of one action row (Discord's component reference, action row)."""
MAX_COMPONENTS = 40
"""Components of a Components V2 message, nested ones included (Discord's component reference)."""
MAX_TEXT = 4_000
"""Characters in all text displays of a Components V2 message (Discord's component reference)."""
_MANY = 1_000
"""Components at the top of a message that are checked at all; more are refused without counting them."""

ROW, BUTTON, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 2, 9, 10, 11, 12, 13, 14, 17
"""Component types of messages (Discord's component reference)."""
SELECTS = (3, 5, 6, 7, 8)
"""The types of select menus: strings, users, roles, users and roles, channels."""
_LEGACY = (ROW,)
_TOP = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
_IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)

Media = Callable[[str, Path], JSON]
"""Resolves the URL of a media item (``attachment://name`` too) to the item as Discord shows it."""


def check(checker: Checker, given: Any, media: Media, *, v2: bool) -> list[JSON]:
    """Return the components of a message as Discord stores them: with ids, and with links in place of
    ``attachment://``."""
    tree = _Tree(checker, media)
    if v2:
        out = tree.children(given, ("components",), _TOP, least=0, most=_MANY)
        if tree.count > MAX_COMPONENTS:
            what = f"The total number of components cannot exceed {MAX_COMPONENTS}"
            checker.fail(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", what)
        if tree.text > MAX_TEXT:
            what = f"Components displayable text size exceeds maximum size of {MAX_TEXT}"
            checker.fail(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", what)
    else:
        out = tree.children(given, ("components",), _LEGACY, least=0, most=MAX_ROWS)
    tree.number(out)
    return out


class _Tree:
    """Walks through the components of one message and checks them."""

    def __init__(self, checker: Checker, media: Media) -> None:
        self.count = 0
        self.text = 0
        self._checker = checker
        self._media = media
        self._fields = Fields(checker)
        self._kinds: dict[int, Callable[[JSON, Path], JSON]] = {
            ROW: self._row,
            BUTTON: self._fields.button,
            SECTION: self._section,
            TEXT: self._text,
            THUMBNAIL: self._thumbnail,
            GALLERY: self._gallery,
            FILE: self._file,
            SEPARATOR: self._separator,
            CONTAINER: self._container,
            **dict.fromkeys(SELECTS, self._fields.select),
        }

    def children(self, given: Any, path: Path, allowed: tuple[int, ...], *, least: int, most: int) -> list[JSON]:
        items = self._checker.items(given, path, least=least, most=most, required=bool(least))
        found = [self._component(item, (*path, index), allowed) for index, item in enumerate(items)]
        return [each for each in found if each is not None]

    def number(self, components: list[JSON]) -> None:
        """Give an id to each component that has none, in order."""
        taken = {each["id"] for each in _walk(components) if each["id"]}
        following = 1
        for each in _walk(components):
            if not each["id"]:
                while following in taken:
                    following += 1
                each["id"] = following
                taken.add(following)

    def _component(self, given: Any, path: Path, allowed: tuple[int, ...]) -> JSON | None:
        model = self._checker.model(given, path)
        if model is None:
            return None
        kind = model.get("type")
        if not isinstance(kind, int) or kind not in allowed:
            choices = ", ".join(str(each) for each in allowed)
            only = f"({choices},)" if len(allowed) == 1 else f"({choices})"
            self._checker.fail(path, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {only}.')
            return None
        self.count += 1
        number = self._checker.integer(model.get("id"), (*path, "id"), least=0, most=2**31 - 1, default=0)
        return {"type": kind, "id": number, **self._kinds[kind](model, path)}

    def _row(self, model: JSON, path: Path) -> JSON:
        inside: Path = (*path, "components")
        found = self.children(model.get("components"), inside, (BUTTON, *SELECTS), least=1, most=MAX_BUTTONS)
        if len(found) > 1:
            for index, each in enumerate(found):
                if each["type"] in SELECTS:
                    what = "The specified component exceeds the maximum width"
                    self._checker.fail((*inside, index), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", what)
        return {"components": found}

    def _section(self, model: JSON, path: Path) -> JSON:
        texts = self.children(model.get("components"), (*path, "components"), (TEXT,), least=1, most=3)
        accessory = model.get("accessory")
        if accessory is None:
            self._checker.required((*path, "accessory"))
            return {"components": texts}
        return {
            "components": texts,
            "accessory": self._component(accessory, (*path, "accessory"), (BUTTON, THUMBNAIL)),
        }

    def _text(self, model: JSON, path: Path) -> JSON:
        where: Path = (*path, "content")
        content = self._checker.string(model.get("content"), where, least=1, most=MAX_TEXT, required=True) or ""
        self.text += len(content.strip())
        return {"content": content.strip()}

    def _thumbnail(self, model: JSON, path: Path) -> JSON:
        return self._item(model, path)

    def _gallery(self, model: JSON, path: Path) -> JSON:
        where: Path = (*path, "items")
        items = self._checker.items(model.get("items"), where, least=1, most=10, required=True)
        models = [(self._checker.model(item, (*where, index)), index) for index, item in enumerate(items)]
        return {"items": [self._item(each, (*where, index)) for each, index in models if each is not None]}

    def _item(self, model: JSON, path: Path) -> JSON:
        shown = self._unfurled(model.get("media"), (*path, "media"), ("http", "https", "attachment"))
        out: JSON = {"media": {k: v for k, v in shown.items() if k not in ("name", "size")}}
        description = self._checker.string(model.get("description"), (*path, "description"), least=1, most=1024)
        spoiler = self._checker.boolean(model.get("spoiler"), (*path, "spoiler"))
        return {**out, "description": description, "spoiler": spoiler}

    def _file(self, model: JSON, path: Path) -> JSON:
        shown = self._unfurled(model.get("file"), (*path, "file"), ("attachment",))
        spoiler = self._checker.boolean(model.get("spoiler"), (*path, "spoiler"))
        return {"file": shown, "spoiler": spoiler, "name": shown.pop("name", ""), "size": shown.pop("size", 0)}

    def _unfurled(self, given: Any, path: Path, schemes: tuple[str, ...]) -> JSON:
        model = self._checker.model(given, path) if given is not None else None
        if model is None:
            if given is None:
                self._checker.required(path)
            return {}
        where: Path = (*path, "url")
        url = self._checker.url(model.get("url"), where, schemes=schemes)
        return self._media(url, where) if url else {}

    def _separator(self, model: JSON, path: Path) -> JSON:
        divider = self._checker.boolean(model.get("divider"), (*path, "divider"), default=True)
        spacing = self._checker.choice(model.get("spacing"), (*path, "spacing"), (1, 2), default=1)
        return {"divider": divider, "spacing": spacing}

    def _container(self, model: JSON, path: Path) -> JSON:
        colour = model.get("accent_color")
        if colour is not None:
            self._checker.integer(colour, (*path, "accent_color"), least=0, most=0xFFFFFF, default=0)
        found = self.children(
            model.get("components"), (*path, "components"), _IN_CONTAINER, least=1, most=MAX_COMPONENTS
        )
        spoiler = self._checker.boolean(model.get("spoiler"), (*path, "spoiler"))
        return {"components": found, "accent_color": colour, "spoiler": spoiler}


def _walk(components: list[JSON]) -> list[JSON]:
    out: list[JSON] = []
    for each in components:
        out.append(each)
        out += _walk(each.get("components", []))
        if each.get("accessory"):
            out.append(each["accessory"])
    return out


def interactive(components: list[JSON]) -> list[JSON]:
    """Return the buttons and menus among components, at any depth."""
    return [each for each in _walk(components) if each["type"] == BUTTON or each["type"] in SELECTS]


def texts(components: list[JSON]) -> list[str]:
    """Return the texts of the text displays among components, at any depth."""
    return [str(each["content"]) for each in _walk(components) if each["type"] == TEXT]
