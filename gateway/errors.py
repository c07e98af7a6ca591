"""The error tree, each named by what its catcher does next.

GatewayError
├── SettingsError      the operator must change a setting; one line naming the fix, exit code 2
├── PlatformError      a platform did not do what was asked
│   ├── RateLimited    wait ``retry_after`` seconds, then try again: it was certainly not done
│   ├── Unavailable    try again: it was not done, or doing it again does no harm
│   │   └── Unconfirmed  it may have been done, and done again it stands twice: look first, else one more try
│   ├── StreamExpired  the native stream is closed; go on by editing its message
│   ├── StreamStopped  the user stopped the native stream: stop the turn
│   ├── Rejected       never retry: the request itself is wrong
│   │   └── RefusedForm  send it once more in a plainer form
│   ├── Forbidden      tell the operator which scope or permission is missing
│   ├── Gone           the message, file or conversation no longer exists
│   └── Unsupported    this platform cannot do it; the message names the alternative
├── TooLarge           a size bound was passed; the message names the limit
├── Draining           shutting down: not accepted, the platform shall redeliver
├── StoreFailed        the store cannot commit now: nothing was written, try again; it has logged that itself
└── Fenced             another owner took over: stop, write nothing
"""

from collections.abc import Iterable
from typing import Literal

FormPart = Literal["pictures", "tables", "buttons", "feedback"]
"""What of a message's form a platform may refuse although it would take the words."""


class GatewayError(Exception):
    """Anything this package raises on purpose."""


class SettingsError(GatewayError):
    """The operator must change something; the text is one clear line naming the fix."""


class PlatformError(GatewayError):
    """A platform did not do what was asked."""


class RateLimited(PlatformError):
    """The platform asks to wait. ``bucket`` names what is limited, for the limiter."""

    def __init__(self, retry_after: float, bucket: str) -> None:
        super().__init__(f"rate limited on {bucket} for {retry_after:g} s")
        self.retry_after = retry_after
        self.bucket = bucket


class Unavailable(PlatformError):
    """A passing fault: retry. A call that posts something raises it only if it is known that nothing was taken (the
    connection was never made, the platform says so); a call that may be repeated (an edit, a deletion) always."""


class Unconfirmed(Unavailable):
    """A call that posts something got no clear answer (the connection broke, a 5xx): the platform may have taken it.

    Where the platform can be looked at (``SupportsLookup``) the sender looks before it sends again. Elsewhere it tries
    once more and no more, so that one doubtful copy is the worst that can stand there.
    """


class StreamExpired(PlatformError):
    """The native stream no longer takes text; its message can still be edited."""


class StreamStopped(PlatformError):
    """The user pressed the stop button of the native stream; what it shows is final."""


class Rejected(PlatformError):
    """The platform refuses the request as it is; retrying cannot help."""


class RefusedForm(Rejected):
    """The platform refuses the form of a message (a picture it cannot fetch, a table, a card), not its words.

    ``parts`` are what it does not take, as far as it says; empty where it does not. The sender makes the message
    plainer and sends it once more.
    """

    def __init__(self, text: str, parts: Iterable[FormPart] = ()) -> None:
        super().__init__(text)
        self.parts: frozenset[FormPart] = frozenset(parts)


class Forbidden(PlatformError):
    """A scope or permission is missing; the text names it."""


class Gone(PlatformError):
    """What the request is about no longer exists."""


class Unsupported(PlatformError):
    """The platform cannot do this; the text names the alternative."""


class TooLarge(GatewayError):
    """A size bound was passed; the text names the limit."""


class Draining(GatewayError):
    """Shutting down: the delivery was not accepted and shall come again."""


class StoreFailed(GatewayError):
    """The store cannot commit: the disk is full or fails, or the database was deleted, replaced or damaged. Nothing was
    written. The store logs when that begins and ends, so nobody else needs to; the text names no file."""


class Fenced(GatewayError):
    """Another process owns this data now; nothing was written."""
