"""Names of files as OneDrive takes them. Pure.

https://support.microsoft.com/office/restrictions-and-limitations-in-onedrive-and-sharepoint: refused are the characters
``" * : < > ? / \\ |``, blanks at either end, a dot at the end, ``~$`` at the beginning, ``_vti_`` anywhere, some names.
"""

import re

_LONGEST = 200
"""Characters of a name: OneDrive takes 255, and adds a number to a name that it has already."""
_ALIKE = {":": "-", "/": "-", "\\": "-", "|": "-", "*": "-", '"': "'", "<": "(", ">": ")", "?": ""}
_REPLACED = str.maketrans(_ALIKE | {chr(code): "" for code in (*range(32), 127)})
_VTI = re.compile("_vti_", re.IGNORECASE)
_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|desktop\.ini|\.lock", re.IGNORECASE)


def onedrive_name(name: str) -> str:
    """Return the nearest name that OneDrive takes; one that it takes as it is stays unchanged."""
    name = _shortened(name.strip())
    plain = "".join(letter for letter in name.translate(_REPLACED) if not "\ud800" <= letter <= "\udfff")
    plain = _VTI.sub("-vti-", plain).strip()
    if plain.startswith(".") and not name.startswith("."):
        plain = f"file{plain}"  # nothing was left before the ending
    plain = _ENDS.sub("", plain)
    if plain.startswith("~$"):
        plain = plain[1:]
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    return plain or "file"


def _shortened(name: str) -> str:
    """Return the name cut to ``_LONGEST`` characters, with its ending."""
    if len(name) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 20:
        return name[:_LONGEST]
    return f"{stem[: _LONGEST - len(ending) - 1]}{dot}{ending}"
