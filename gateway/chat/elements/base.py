"""What all elements share: where their content is, what they add to a message, and how they are sent."""

import json
from collections.abc import Mapping
from mimetypes import guess_extension
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, cast
from urllib.parse import urlsplit

from gateway.chat import kept
from gateway.chat.elements.keeping import Place, put_content, put_row, row_id
from gateway.chat.elements.rendered import Rendered, compose
from gateway.chat.ids import derived_id
from gateway.chat.text import message_text
from gateway.model import (
    Capabilities,
    ElementDict,
    ElementKind,
    ElementRecord,
    FromBytes,
    FromPath,
    FromUrl,
    Outgoing,
    OutgoingFile,
    Source,
    media_type,
)
from gateway.model.media import UNKNOWN
from gateway.model.plain import as_json
from gateway.model.text import drop_lone_surrogates
from gateway.runtime.contents import Content
from gateway.runtime.context import current_turn, require_turn
from gateway.runtime.posting import Posting
from gateway.runtime.turn import Turn

Display = Literal["inline", "side", "page"]
ElementType = Literal["file", "image", "audio", "video", "pdf", "text", "dataframe", "plotly", "custom", "tasklist"]
"""The type of an element in its dictionary (``ElementDict``)."""


_NAME_LIMIT = 200
"""Characters of a file's name: every platform takes as many, and people's machines take 255 bytes at most."""


def short_name(name: str) -> str:
    """Return a file's name with at most ``_NAME_LIMIT`` characters, its ending included."""
    if len(name) <= _NAME_LIMIT:
        return name
    ending = Path(name).suffix if len(Path(name).suffix) <= _NAME_LIMIT // 10 else ""
    return f"{name[: _NAME_LIMIT - 1 - len(ending)]}…{ending}"


def _encoded(content: bytes | str) -> bytes:
    return drop_lone_surrogates(content).encode() if isinstance(content, str) else bytes(content)


class Host(Protocol):
    """The message that an element is part of."""

    elements: "list[Element]"

    @property
    def owner_id(self) -> str:
        """The id of the message, or of the step, that the elements belong to."""
        ...

    async def update(self) -> bool:
        """Edit the posted message to what its elements are now."""
        ...


_BY_TYPE: dict[str, "type[Element]"] = {}
"""The class of each type, in which ``from_dict`` makes an element."""


class Element:
    """Something attached to a message: the base of all elements.

    Exactly one of ``path``, ``url`` and ``content`` is given.

    Args:
        name: The element's name, as people see it; by default that of ``path``.
        path: A file on this machine, read when the message is sent.
        url: An address the platform reads or links to; the gateway does not download it.
        content: The content itself; text is sent as UTF-8.
        display: ``inline`` shows the element with its message. ``side`` and ``page`` attach it as a file, named in a
            line below the text where the text does not mention the element's name.
        mime: The media type; by default it is guessed from the name.
        size: Bytes of what a user attached. Of an image you send: ``small``, ``medium`` or ``large``, only kept.
        language: The language of a ``Text`` that is code.
        page: The page of a ``Pdf`` to look at, from 1; the text names it.
        auto_play: Whether a web page would play an ``Audio`` by itself; it is only kept.
        player_config: How a web page's player would show a ``Video``; it is only kept.
        id: The element's id; by default one that is the same when the turn runs again.
        for_id: The id of the message the element belongs to; it is set when the element is sent.
        thread_id: The id of the thread; by default that of the running turn.
        object_key: The key of the content among the files that history keeps; it is set when the element is sent.
        extra: Other keywords of Chainlit's elements, kept in ``extra`` and not sent.

    Raises:
        ValueError: None or several of ``path``, ``url`` and ``content`` are given, or the page is below 1.
    """

    type: ClassVar[ElementType] = "file"
    kind: ClassVar[ElementKind] = "file"
    """How a platform shows the element's file."""
    default_mime: ClassVar[str] = UNKNOWN

    _needs_content: ClassVar[bool] = True
    """Whether the element shows what is at ``path``, ``url`` or in ``content``, and nothing else."""
    _restorable: ClassVar[bool] = True
    """Whether ``from_dict`` can make such an element."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type" in cls.__dict__ and cls._restorable:
            _BY_TYPE.setdefault(cls.type, cls)

    def __init__(
        self,
        name: str = "",
        *,
        path: str | Path | None = None,
        url: str | None = None,
        content: bytes | str | None = None,
        display: Display = "inline",
        mime: str | None = None,
        size: Any = None,
        language: str | None = None,
        page: int | None = None,
        auto_play: bool = False,
        player_config: dict[str, Any] | None = None,
        id: str | None = None,
        for_id: str | None = None,
        thread_id: str | None = None,
        object_key: str | None = None,
        **extra: Any,
    ) -> None:
        if self._needs_content and sum(given is not None for given in (path, url, content)) != 1:
            raise ValueError(f"{type(self).__name__}({name!r}) needs exactly one of path, url or content")
        if page is not None and page < 1:
            raise ValueError(f"{type(self).__name__}({name!r}): page is {page}; the first page is 1")
        self.id = id or derived_id()
        self.path = None if path is None else str(path)
        self.url = url
        self.content = content
        self.name = drop_lone_surrogates(name) or (Path(path).name if path is not None else self.type)
        self.display: Display = display
        self.size = size
        self.language = language
        self.page = page
        self.auto_play = auto_play
        self.player_config = player_config
        self.for_id = for_id
        turn = current_turn.get()
        self.thread_id = thread_id if thread_id is not None or turn is None else turn.thread_id
        self.object_key = object_key
        self.extra = extra
        self.mime = mime or self._guess_mime()
        self._place: Host | Posting | None = None
        """The message the element was sent with, or the posting of the element alone."""
        self._conversation = ""
        """The conversation in which that is: an element that many share is shown in each of them."""
        self._home: Place | None = None
        """Where history keeps the element under its own id."""

    def _guess_mime(self) -> str:
        for name in (self.name, self.path, (self.url or "").partition("?")[0]):
            guessed = media_type(name) if name else UNKNOWN
            if guessed != UNKNOWN:
                return guessed
        return self.default_mime

    @classmethod
    def from_dict(cls, e_dict: ElementDict) -> "Element":
        """Return the element that a dictionary describes, of the class of its ``type``.

        A chart or a data frame cannot be made from a dictionary; what is stored of it (``path`` or ``url``) becomes a
        ``File``.

        Args:
            e_dict: The dictionary, as ``to_dict`` or a data layer gives it; ``content`` may be in it, too.

        Raises:
            ValueError: The dictionary has none of ``path``, ``url`` and ``content``.
        """
        given = cast(Mapping[str, Any], e_dict)
        kind = _BY_TYPE.get(given.get("type") or "file", _BY_TYPE["file"])
        places: dict[str, Any] = {key: given.get(key) or None for key in ("path", "url", "content")}
        if given.get("type") == "custom":
            places = {"props": given.get("props") or {}}
        return kind(
            given.get("name") or "",
            display=given.get("display") or "inline",
            mime=given.get("mime"),
            size=given.get("size"),
            language=given.get("language"),
            page=given.get("page"),
            auto_play=bool(given.get("autoPlay")),
            player_config=given.get("playerConfig"),
            id=given.get("id"),
            for_id=given.get("forId"),
            thread_id=given.get("threadId"),
            chainlit_key=given.get("chainlitKey"),
            object_key=given.get("objectKey"),
            **places,
        )

    def to_dict(self) -> ElementDict:
        """Return the element as a dictionary of JSON values. The content is not in it."""
        return {
            "id": self.id,
            "threadId": self.thread_id,
            "type": self.type,
            "chainlitKey": self.extra.get("chainlit_key"),
            "path": self.path,
            "url": self.url,
            "objectKey": self.object_key,
            "name": self.name,
            "display": self.display,
            "size": self.size,
            "language": self.language,
            "page": self.page,
            "props": None,
            "autoPlay": self.auto_play,
            "playerConfig": self.player_config,
            "forId": self.for_id,
            "mime": self.mime,
        }

    @property
    def attached(self) -> bool:
        """Whether the element is an attachment that the text of its message names (``display``)."""
        return self.display != "inline"

    @property
    def source(self) -> Source:
        """Where the bytes of the element are.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
        if self.path is not None:
            path = Path(self.path)
            if not path.is_file():
                raise FileNotFoundError(f"{type(self).__name__}({self.name!r}): there is no file at {path.absolute()}")
            return FromPath(path=path)
        if self.url is not None:
            return FromUrl(url=self.url)
        return FromBytes(data=_encoded(self.content or b""))

    def as_file(self) -> OutgoingFile:
        """Return the file that the platform uploads or shows.

        Raises:
            FileNotFoundError: There is no file at ``path``.
        """
        return OutgoingFile(kind=self.kind, name=short_name(self._file_name()), mime=self.mime, source=self.source)

    def _file_name(self) -> str:
        """Return the name with an ending: platforms and people's machines know by it what to show, and an element's
        usual name is ``image1``."""
        if Path(self.name).suffix:
            return self.name
        known = Path(self.path or urlsplit(self.url or "").path).suffix
        return self.name + (known or self._ending())

    def _ending(self) -> str:
        """Return the ending of the file's name where neither the name nor the place of the content has one."""
        return "" if self.mime == UNKNOWN else guess_extension(self.mime) or ""

    async def render(self, limits: Capabilities) -> Rendered:
        """Return what the element adds to a message.

        Args:
            limits: What the platform takes.

        Raises:
            FileNotFoundError: There is no file at ``path``.
            TooLarge: The element is larger than the platform takes.
        """
        return Rendered(files=(self.as_file(),), note="" if self.page is None else f"page {self.page}")

    async def kept_content(self) -> Content | None:
        """Return the content that history keeps; None where the element has none of its own."""
        if self.path is not None:
            return Content(Path(self.path), self._file_name(), self.mime)
        if self.content is None:
            return None
        return Content(_encoded(self.content), self._file_name(), self.mime)

    def kept_props(self) -> dict[str, Any] | None:
        """Return the properties that history keeps; None for an element without."""
        return None

    async def keep(self, turn: Turn, for_id: str | None, *, user: str | None = None) -> str:
        """Keep the element as it is now in the history. Where its content cannot be kept, the log says why.

        Args:
            turn: The running turn.
            for_id: The id of the message or step it is part of; None for an element alone.
            user: The identifier of the person it belongs to; by default of the one whose turn it is.

        Returns:
            The id of the element's row.
        """
        self.for_id = for_id
        id, user = self._row_id(turn), turn.person if user is None else user
        if not turn.services.history.on:
            return id
        content = await self.kept_content()
        if content is not None:
            self.object_key = await put_content(turn, id, content, user=user)
        put_row(
            turn,
            ElementRecord(
                id=id,
                thread=turn.thread_id,
                user=user,
                type=self.type,
                name=self.name,
                for_id=for_id,
                mime=self.mime,
                display=self.display,
                url=None if self.object_key is not None else self.url,
                object_key=self.object_key,
                size=None if self.size is None else str(self.size),
                language=self.language,
                page=self.page,
                props=self.kept_props(),
                auto_play=self.auto_play or None,
                player_config=None if self.player_config is None else json.loads(as_json(self.player_config)),
            ),
        )
        return id

    def _row_id(self, turn: Turn) -> str:
        place = Place(turn.thread_id, self.for_id)
        if self._home is None and self.thread_id == turn.thread_id:
            self._home = place
        return row_id(self.id, self._home, place)

    def placed(self, host: Host) -> None:
        """Note that the element is part of a message.

        Args:
            host: The message.
        """
        self._place, self.for_id = host, host.owner_id
        self._conversation = require_turn().ref.key

    async def send(self, for_id: str | None = None) -> "Element":
        """Send the element as a message of its own.

        Args:
            for_id: The id of the message the element belongs to; chat platforms do not show it.

        Returns:
            The element itself.

        Raises:
            PlatformError: The platform did not take it, retries included.
            TooLarge: It is larger than the platform takes; the text names the limit.
            FileNotFoundError: There is no file at ``path``.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        self.for_id = for_id or self.for_id
        turn = require_turn()
        posting = Posting(turn)
        await self._post(turn, posting)
        self._place, self._conversation = posting, turn.ref.key
        await self.keep(turn, self.for_id)
        return self

    async def update(self) -> bool:
        """Show the element as it is now: the message it is in is edited; an element not sent yet is sent.

        Returns:
            True.

        Raises:
            PlatformError: The platform did not take the change, retries included.
            TooLarge: It is larger than the platform takes; the text names the limit.
            FileNotFoundError: There is no file at ``path``.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        match self._place_in(turn):
            case None:
                await self.send()
            case Posting() as posting:
                await self._post(turn, posting)
                await self.keep(turn, self.for_id)
            case host:
                await host.update()
        return True

    async def remove(self) -> bool:
        """Take the element off the message it is in; one that was sent alone is deleted.

        Returns:
            Whether there was anything to take away.

        Raises:
            PlatformError: The platform did not take the change, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        place = self._place_in(turn)
        if place is None:
            return False
        self._place = None
        match place:
            case Posting() as posting:
                await posting.remove()
                kept.forget_element(turn, self._row_id(turn))
            case host:
                if self not in host.elements:
                    return False
                host.elements.remove(self)
                await host.update()
        return True

    def _place_in(self, turn: Turn) -> Host | Posting | None:
        return self._place if self._conversation == turn.ref.key else None

    async def _post(self, turn: Turn, posting: Posting) -> None:
        shown = await compose("", [self], turn.sender.capabilities(turn.ref))
        await posting.put(Outgoing(text=message_text(shown.text), files=shown.files, cards=shown.cards))
