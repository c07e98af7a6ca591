"""Every error this package raises on purpose, named by what its catcher does next.

* GatewayError
  - PlatformError *           A platform did not do what was asked.
    + RateLimited *           The platform asks to wait ``retry_after`` seconds; the request was certainly not done.
    + Unavailable *           A passing fault; the request was not done, or doing it again does no harm.
      . Unconfirmed *         The request may have been done; sent again it may be there twice.
    + Rejected *              The platform refuses the request as it is; trying again cannot help.
      . RefusedForm *         The platform refuses the form of a message (a picture, a table), not its words.
    + Forbidden *             A scope or permission is missing; the text names it.
    + Gone *                  The message, file or conversation does not exist any more.
    + Unsupported *           The platform cannot do it; the text names the alternative.
    + StreamExpired           The native stream is closed; the sender goes on by editing its message.
    + StreamStopped           The user stopped the native stream; the runtime stops the turn.
  - TooLarge *                A size bound was passed; the text names the limit.
  - SettingsError             The operator must change a setting; the text is one line naming the fix, exit code 2.
    + DatabaseInUse           Another process owns the database; the command line asks that one instead.
    + AnotherBot              The database belongs to another bot: the gateway starts with none of its platforms.
  - Draining                  The process shuts down; the delivery was not accepted, the platform sends it again.
  - RequestRefused            A request over HTTP is answered with ``status``, in the shape its client expects.
  - StoreFailed               The store cannot commit now; nothing was written.
  - Undecryptable             No key that is set decrypts a stored secret; the text names the fix.
  - Fenced                    Another process owns the data now; this one must stop and write nothing.

Those with an asterisk can reach a handler and are exported by ``gateway`` (``except cl.PlatformError``);
docs/handlers.md says what to do about each. The others are handled inside the gateway: a handler lets them through.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
_COME_BACK = 5
"""Seconds after which a client shall try again while the gateway ends or cannot write."""

FormPart = Literal["pictures", "tables", "cards", "plan", "buttons", "menus", "feedback"]
"""A part of a message's form that a platform may refuse although it would take the words."""


class GatewayError(Exception):
    """The base of every error this package raises on purpose."""


class SettingsError(GatewayError):
    """The operator must change a setting; the text is one line naming the fix."""


class DatabaseInUse(SettingsError):
    """Another process owns the database; the text says which."""


class AnotherBot(SettingsError):
    """The database belongs to another bot; the text names both."""


class Undecryptable(GatewayError):
    """No key that is set decrypts a stored secret; the text names the fix."""


class PlatformError(GatewayError):
    """A platform did not do what was asked. The base of every error that sending, editing or reading can raise."""


class RateLimited(PlatformError):
    """The platform asks to wait, and the request was certainly not done.

    The sender waits and tries again by itself for up to five minutes; only after that the error reaches a handler.

    Args:
        retry_after: Seconds to wait before the next try.
        bucket: The name of what is limited (a method, a channel), for the limiter.
    """

    def __init__(self, retry_after: float, bucket: str) -> None:
        super().__init__(f"rate limited on {bucket} for {retry_after:g} s")
        self.retry_after = retry_after
        self.bucket = bucket


class Unavailable(PlatformError):
    """A passing fault of the platform or of the way to it: trying again may help.

    A call that posts something raises it only if it is known that nothing was taken (the connection was never made, or
    the platform says so); a call that may be repeated (an edit, a deletion) raises it for every passing fault. The
    sender tries five times before the error reaches a handler.
    """


class Unconfirmed(Unavailable):
    """A call that posts something got no clear answer (the connection broke, a 5xx): the platform may have taken it.

    Where the platform can be searched (``SupportsLookup``) the sender looks before it sends again. Elsewhere the sender
    tries once more and no more, so that one doubtful copy is the worst that can happen.
    """


class StreamExpired(PlatformError):
    """The native stream takes no more text; its message can still be edited."""


class StreamStopped(PlatformError):
    """The user pressed the stop button of the native stream; what the stream shows is final."""


class Rejected(PlatformError):
    """The platform refuses the request as it is; trying again cannot help."""


class RefusedForm(Rejected):
    """The platform refuses the form of a message (a picture it cannot fetch, a table, a card), not its words.

    The sender makes the message plainer and sends it once more, so the error reaches a handler only if the platform
    refuses that, too.

    Args:
        text: What the platform said.
        parts: The parts of the form that the platform refuses, as far as it names them; empty where it names none.
    """

    def __init__(self, text: str, parts: Iterable[FormPart] = ()) -> None:
        super().__init__(text)
        self.parts: frozenset[FormPart] = frozenset(parts)


class Forbidden(PlatformError):
    """A scope or permission is missing; the text names it."""


class Gone(PlatformError):
    """The message, file or conversation that the request is about does not exist any more."""


class Unsupported(PlatformError):
    """The platform cannot do this; the text names the alternative."""


class TooLarge(GatewayError):
    """A file or a message is larger than a limit; the text names both."""


class Draining(GatewayError):
    """The process shuts down: the delivery was not accepted and the platform shall send it again."""


class RequestRefused(GatewayError):
    """A request over HTTP is refused; whoever serves it answers in the shape that its client expects.

    Args:
        status: The HTTP status of the answer.
        text: What is wrong, for the client's author; it ends up in the answer.
        headers: Headers of the answer, such as ``Retry-After``.
        where: The part of the request that is wrong (``messages[0].text``), if it is one.
    """

    def __init__(
        self, status: int, text: str, *, headers: Mapping[str, str] | None = None, where: str | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
        self.where = where

    @property
    def kind(self) -> str:
        """The word that stands for the status in an error, such as ``not_found_error``, for programs."""
        return _KINDS.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")


class StoreFailed(GatewayError):
    """The store cannot commit: the disk is full or fails, or the database was deleted, replaced or damaged.

    Nothing was written. The store logs when the trouble begins and ends, so no caller needs to; the text names no file.
    """


class Fenced(GatewayError):
    """Another process owns this data now; nothing was written."""


def refusal(error: GatewayError) -> RequestRefused | None:
    """Return the refusal that a client is told when a request fails with this error: the error itself, or 503 with
    ``Retry-After`` while the gateway ends or the store cannot commit. None for what is nobody's request."""
    match error:
        case RequestRefused():
            return error
        case Draining():
            return _later("the gateway is shutting down; send the request again")
        case StoreFailed() | Fenced():
            return _later("the gateway cannot store anything now; send the request again later")
        case _:
            return None


def _later(text: str) -> RequestRefused:
    return RequestRefused(503, text, headers={"Retry-After": str(_COME_BACK)})
