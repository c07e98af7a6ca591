"""The ask for files: what is accepted, and the local copies of what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from gateway.chat.asks.base import Again, AskBase, message_of, who_answered
from gateway.chat.elements.files import received
from gateway.egress.degrade import literal
from gateway.errors import PlatformError, TooLarge
from gateway.model import Button, FormSubmitted, Outgoing, RemoteFile, accepts, from_json, media_type
from gateway.runtime import tokens
from gateway.runtime.asks import AskKind
from gateway.runtime.journal import Effect
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import UploadToken
from gateway.runtime.turn import Turn


@dataclass(frozen=True, slots=True)
class AskFileResponse:
    """A file that a user sent.

    Args:
        id: The platform's id of the file.
        name: The file's name.
        path: The path of a copy on this machine.
        size: Bytes.
        type: The media type.
    """

    id: str
    name: str
    path: str
    size: int
    type: str


class AskFileMessage(AskBase[list[AskFileResponse]]):
    """Ask for files: attached to the next message, or uploaded in a form where the platform has one. The answer is a
    list of ``AskFileResponse``.

    Args:
        content: The question, as Markdown.
        accept: Media types and endings (``["text/plain", "image/*", ".csv"]``), or a dict of media type to endings.
        max_size_mb: Megabytes (1,000,000 bytes) one file may have.
        max_files: Files one answer may have, at most 10.
        author: The name shown instead of the bot's own, where the platform can.
        type: The kind of step a web page would show; it is only kept.
        timeout: Seconds to wait for the answer; None waits without an end, over restarts too.
        raise_on_timeout: Whether ``send()`` raises ``TimeoutError`` when nobody answers in time; else it returns None.
        anyone: Whether somebody other than the person this turn is for may answer (in a shared thread).

    Raises:
        ValueError: ``max_size_mb``, ``max_files`` or ``timeout`` is not more than 0.
    """

    kind: ClassVar[AskKind] = "file"

    def __init__(
        self,
        content: str,
        accept: Sequence[str] | Mapping[str, Sequence[str]],
        max_size_mb: float = 2,
        max_files: int = 1,
        author: str | None = None,
        type: str = "assistant_message",
        timeout: float | None = 90,
        raise_on_timeout: bool = False,
        anyone: bool = False,
    ) -> None:
        super().__init__(content, author, timeout, raise_on_timeout, anyone)
        if max_files < 1 or not max_size_mb > 0:
            raise ValueError("AskFileMessage: max_files and max_size_mb have to be more than 0")
        self.accept = accept
        self.max_size_mb = max_size_mb
        self.max_files = min(max_files, 10)
        self.type = type

    async def _question(self, turn: Turn, effect: Effect) -> Outgoing:
        capabilities = turn.sender.capabilities(turn.ref)
        if not capabilities.form_files:
            return Outgoing(text=self.content, author=self.author)
        token = UploadToken(
            delivery=turn.delivery.key,
            ordinal=effect.ordinal,
            label=self.content.strip().partition("\n")[0][:120] or "File",
            extensions=self._extensions(),
            max_files=self.max_files,
        )
        packed = await tokens.write(
            token, conversation=turn.ref.key, limit=capabilities.token_room, store=turn.services.store
        )
        return Outgoing(
            text=self.content, author=self.author, buttons=(Button(token=packed, label="Upload", opens_form=True),)
        )

    def _extensions(self) -> tuple[str, ...]:
        """Return the endings the form offers; none where a media type is accepted without endings, because it has too
        many to list: what comes is checked by its type."""
        if isinstance(self.accept, Mapping):
            groups = [list(endings) for endings in self.accept.values()]
        else:
            groups = [[each] if each.startswith(".") else [] for each in self.accept]
        return tuple(ending.lstrip(".") for group in groups for ending in group) if all(groups) else ()

    async def _result(self, turn: Turn, effect: Effect, answer: Mapping[str, Any]) -> list[AskFileResponse]:
        form = answer["kind"] == "form_submitted"
        files = (from_json(FormSubmitted, answer) if form else await message_of(turn, answer)).files
        if not files:
            raise Again("No file came with it: please send one.")
        if len(files) > self.max_files:
            raise Again(f"Please send at most {self.max_files} file(s).")
        return [await self._fetch(turn, file) for file in files]

    async def _fetch(self, turn: Turn, file: RemoteFile) -> AskFileResponse:
        if not accepts(file.name, file.mime, self.accept):
            raise Again(f"{file.name} is not accepted here: please send {self._accepted()}.")
        self._check_size(file.name, file.size or 0)
        try:
            path = await turn.services.files.fetch(
                file, platform=turn.ref.platform, session=turn.session.id, delivery=turn.delivery.key
            )
        except (PlatformError, TooLarge) as error:
            raise Again(f"{file.name} could not be read: {error}") from error
        size = path.stat().st_size
        self._check_size(file.name, size)  # not every platform says it beforehand
        return AskFileResponse(
            id=file.id, name=file.name, path=str(path), size=size, type=media_type(file.name, file.mime)
        )

    def _check_size(self, name: str, size: int) -> None:
        if size > self.max_size_mb * 1_000_000 * 1.05:
            raise Again(f"{name} is too large: the limit is {self.max_size_mb:g} MB.")

    def _accepted(self) -> str:
        if isinstance(self.accept, Mapping):
            return ", ".join(e for endings in self.accept.values() for e in endings) or ", ".join(self.accept)
        return ", ".join(self.accept)

    def _words(self, result: list[AskFileResponse]) -> str:
        return ", ".join(file.name for file in result)

    async def _keep_files(
        self, turn: Turn, effect: Effect, answer_id: str, result: list[AskFileResponse], *, user: str
    ) -> None:
        for file in result:
            id = turn.new_id(f"file/{effect.ordinal}/{file.id}")
            element = received(file.name, file.type, Path(file.path), file.size, id=id)
            await element.keep(turn, answer_id, user=user)

    async def _answered(
        self, turn: Turn, posting: Posting, result: list[AskFileResponse], answer: Mapping[str, Any]
    ) -> None:
        names = ", ".join(literal(file.name) for file in result)
        await self._close(turn, posting, f"**Received:** {names} (from {await who_answered(turn, answer)})")
