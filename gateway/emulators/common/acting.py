"""What the playground's actions need on every platform: answers in JSON, and the files in an action."""

import base64
from collections.abc import Awaitable, Mapping, Sequence

from gateway.emulators.common.values import JSON, PersonError, Upload

_UNKNOWN = "application/octet-stream"


class Refused(PersonError):
    """The platform refused a form and shows messages beside its fields. ``errors`` has the messages by field."""

    def __init__(self, errors: JSON) -> None:
        super().__init__("some inputs are not valid")
        self.errors = errors


async def answered(doing: Awaitable[JSON]) -> JSON:
    """Return the JSON answer to an action: its result, or the reason why it failed."""
    try:
        return {"ok": True, **await doing}
    except Refused as refused:
        return {"ok": False, "error": str(refused), "errors": refused.errors}
    except PersonError as error:
        return {"ok": False, "error": str(error)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {"ok": False, "error": f"malformed action: {error!r}"}


def files_in(given: Sequence[Mapping[str, str]]) -> list[Upload]:
    """Decode the files in an action. Raises ``ValueError`` for a file that is not base64."""
    return [
        Upload(each["name"], base64.b64decode(each["data"], validate=True), each.get("mime") or _UNKNOWN)
        for each in given
    ]
