"""The error bodies Discord answers with: one code and message, or a tree of what is wrong with a form's fields.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json. Shape of form errors:
https://docs.discord.com/developers/reference#error-messages.
"""

from collections.abc import Sequence

from gateway.emulators.common.values import JSON

Path = tuple[str | int, ...]
"""Where a field is in a form: keys and indexes from the outside to the inside."""

_KNOWN: dict[int, tuple[int, str]] = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30015: (400, "Maximum number of attachments in a message reached (10)"),
    30032: (400, "Maximum number of application commands reached"),
    40005: (413, "Request entity too large"),
    40058: (400, "Cannot send messages in a forum channel"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50016: (400, "Provided too few or too many messages to delete. Must provide at least 2 and at most 100 messages."),
    50021: (403, "Cannot execute action on a system message"),
    50024: (403, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50033: (400, "Invalid Recipient(s)"),
    50034: (400, "A message provided was too old to bulk delete"),
    50068: (400, "Invalid message type"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50159: (400, "Voice messages do not support additional content."),
    50160: (400, "Voice messages must have a single audio attachment."),
    50161: (400, "Voice messages must have supporting metadata."),
    50162: (400, "Voice messages cannot be edited."),
    50173: (403, "You cannot send voice messages in this channel."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160002: (403, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
    200001: (400, "Title was blocked by automatic moderation"),
}


class ApiError(Exception):
    """An error that a request is answered with. ``body`` is Discord's JSON."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.body: JSON = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors

    @classmethod
    def of(cls, code: int) -> "ApiError":
        """Return one of Discord's numbered errors. Raises ``KeyError`` for a number that this module does not list."""
        status, message = _KNOWN[code]
        return cls(status, code, message)

    @classmethod
    def plain(cls, status: int, reason: str) -> "ApiError":
        """Return an error of HTTP itself: ``{"message": "401: Unauthorized", "code": 0}``."""
        return cls(status, 0, f"{status}: {reason}")


class FormErrors:
    """Collects what is wrong with the fields of one request. ``prefix`` is where the form is in the request."""

    def __init__(self, prefix: Path = ()) -> None:
        self._prefix = prefix
        self._tree: JSON = {}

    def __bool__(self) -> bool:
        return bool(self._tree)

    def add(self, path: Sequence[str | int], code: str, message: str) -> None:
        """Add an error of the field at ``path``."""
        node = self._tree
        for key in (*self._prefix, *path):
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def raise_any(self) -> None:
        """Raise the collected errors as Discord's 50035 if there are any."""
        if self._tree:
            raise ApiError(400, 50035, "Invalid Form Body", self._tree)


def invalid(path: Sequence[str | int], code: str, message: str) -> ApiError:
    """Return the error of a form with one wrong field."""
    errors = FormErrors()
    errors.add(path, code, message)
    return ApiError(400, 50035, "Invalid Form Body", errors._tree)
