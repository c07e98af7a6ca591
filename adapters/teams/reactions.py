"""Names of reactions. Six have a name of their own; any other emoji goes by its code point and its Unicode name, such
as ``1f440_eyes`` (docs teams-sdk/in-depth-guides/message-reactions). Pure."""

import re
import unicodedata

from gateway.errors import Rejected

_NAMED = {
    "👍": "like",
    "❤": "heart",
    "😆": "laugh",
    "😮": "surprised",
    "😢": "sad",
    "😠": "angry",
}
_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9-]+)?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_VARIANT = "\ufe0f"
"""The mark that asks for an emoji's coloured form."""


def reaction_of(emoji: str) -> str:
    """Return Teams' name of an emoji; a name of Teams' own is returned as it is. Raises ``Rejected`` for anything
    else."""
    sign = emoji.strip().replace(_VARIANT, "")
    if sign in _NAMED:
        return _NAMED[sign]
    if len(sign) == 1 and not sign.isascii() and (name := unicodedata.name(sign, "")):
        return f"{ord(sign):x}_{_NOT_IN_NAMES.sub('', name.lower())}"
    if _NAME.fullmatch(sign):
        return sign
    raise Rejected(
        f"{emoji[:40]!r} is no emoji Teams has as a reaction: give one such as 👍, or its name in Teams (like)"
    )
