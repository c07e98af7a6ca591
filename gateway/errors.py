"""The error tree, each named by what its catcher does next.

GatewayError
├── SettingsError      the operator must change a setting; one line naming the fix, exit code 2
├── PlatformError      a platform did not do what was asked
│   ├── RateLimited    wait ``retry_after`` seconds, then try again: it was certainly not done
│   ├── Unavailable    try again; it may or may not have been done
│   ├── StreamExpired  the native stream is closed; go on by editing its message
│   ├── StreamStopped  the user stopped the native stream: stop the turn
│   ├── Rejected       never retry: the request itself is wrong
│   ├── Forbidden      tell the operator which scope or permission is missing
│   ├── Gone           the message, file or conversation no longer exists
│   └── Unsupported    this platform cannot do it; the message names the alternative
├── TooLarge           a size bound was passed; the message names the limit
├── Draining           shutting down: not accepted, the platform shall redeliver
└── Fenced             another owner took over: stop, write nothing
"""


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
    """A passing fault (5xx, lost connection): retry, looking first whether it was done after all."""


class StreamExpired(PlatformError):
    """The native stream no longer takes text; its message can still be edited."""


class StreamStopped(PlatformError):
    """The user pressed the stop button of the native stream; what it shows is final."""


class Rejected(PlatformError):
    """The platform refuses the request as it is; retrying cannot help."""


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


class Fenced(GatewayError):
    """Another process owns this data now; nothing was written."""
