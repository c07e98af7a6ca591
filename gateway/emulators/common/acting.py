"""What the playground's page asks of an emulator, whatever the platform: answers in JSON, and files in it."""

import base64
from collections.abc import Awaitable, Mapping, Sequence

from gateway.emulators.common.values import JSON, PersonError, Upload

_UNKNOWN = "application/octet-stream"


class Refused(PersonError):
    """A form came back with messages beside its fields."""

    def __init__(self, errors: JSON) -> None:
        super().__init__("some inputs are not valid")
        self.errors = errors


async def answered(doing: Awaitable[JSON]) -> JSON:
    """The answer to an action; whatever is wrong with it is said there."""
    try:
        return {"ok": True, **await doing}
    except Refused as refused:
        return {"ok": False, "error": str(refused), "errors": refused.errors}
    except PersonError as error:
        return {"ok": False, "error": str(error)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {"ok": False, "error": f"malformed action: {error!r}"}


def files_in(given: Sequence[Mapping[str, str]]) -> list[Upload]:
    """The files in an action. Raises ``ValueError`` for what is no base64."""
    return [
        Upload(each["name"], base64.b64decode(each["data"], validate=True), each.get("mime") or _UNKNOWN)
        for each in given
    ]
