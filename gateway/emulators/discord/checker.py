"""Checks the fields of a form as Discord does, and collects what is wrong with them."""

from typing import Any
from urllib.parse import urlsplit

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.errors import FormErrors, Path
from gateway.emulators.discord.values import is_snowflake


class Checker:
    """Checks fields. Each method returns the value as understood and records in ``errors`` what was wrong with it."""

    def __init__(self, prefix: Path = ()) -> None:
        self.errors = FormErrors(prefix)

    def fail(self, path: Path, code: str, message: str) -> None:
        """Record an error of the field at ``path``."""
        self.errors.add(path, code, message)

    def required(self, path: Path) -> None:
        """Record that the field at ``path`` is missing."""
        self.fail(path, "BASE_TYPE_REQUIRED", "This field is required")

    def string(self, given: Any, path: Path, *, most: int, least: int = 0, required: bool = False) -> str | None:
        """Return a string of ``least`` to ``most`` characters. Blanks around it do not count."""
        if given is None:
            if required:
                self.required(path)
            return None
        if not isinstance(given, str | int | float) or isinstance(given, bool):
            self.fail(path, "STRING_TYPE_CONVERT", f"Could not interpret {str(given)[:50]!r} as string.")
            return None
        written = str(given)
        if not written and required and least:
            self.required(path)
        elif not least <= len(written.strip()) <= most:
            self.length(path, least, most)
        return written

    def length(self, path: Path, least: int, most: int) -> None:
        """Record that the length of the field at ``path`` is wrong."""
        if least:
            self.fail(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.fail(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def integer(self, given: Any, path: Path, *, least: int, most: int, default: int) -> int:
        """Return a whole number from ``least`` to ``most``, or ``default`` when the field is missing."""
        if given is None:
            return default
        if isinstance(given, bool) or not isinstance(given, int | str) or not str(given).lstrip("-").isdigit():
            self.fail(path, "NUMBER_TYPE_COERCE", f'Value "{str(given)[:50]}" is not int.')
            return default
        number = int(given)
        if number > most:
            self.fail(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
        elif number < least:
            self.fail(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        return number

    def choice(self, given: Any, path: Path, options: tuple[Any, ...], *, default: Any = None) -> Any:
        """Return a value that must be one of ``options``, or ``default`` when the field is missing."""
        if given is None and default is not None:
            return default
        if given is None:
            self.required(path)
        elif isinstance(given, list | dict) or given not in options:
            self.fail(path, "BASE_TYPE_CHOICES", f"Value must be one of {_choices(options)}.")
        return given

    def boolean(self, given: Any, path: Path, *, default: bool = False) -> bool:
        """Return a boolean, or ``default`` when the field is missing."""
        if given is None:
            return default
        if not isinstance(given, bool):
            self.fail(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
            return default
        return given

    def snowflake(self, given: Any, path: Path) -> str | None:
        """Return an id that is written as a string or as a number, or None when the field is missing."""
        text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if given is None or is_snowflake(text):
            return None if given is None else str(text)
        self.fail(path, "NUMBER_TYPE_COERCE", f'Value "{str(given)[:50]}" is not snowflake.')
        return None

    def items(self, given: Any, path: Path, *, most: int, least: int = 0, required: bool = False) -> list[Any]:
        """Return a list of ``least`` to ``most`` items, or an empty one when the field is missing or not a list."""
        if given is None:
            if required:
                self.required(path)
            return []
        if not isinstance(given, list):
            self.fail(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(given) <= most:
            self.length(path, least, most)
        return given

    def model(self, given: Any, path: Path) -> JSON | None:
        """Return an object, or None when the field is not one."""
        if isinstance(given, dict):
            return given
        self.fail(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return None

    def url(self, given: Any, path: Path, *, most: int = 2048, schemes: tuple[str, ...] = ("http", "https")) -> str:
        """Return a URL of at most ``most`` characters with one of these schemes."""
        text = self.string(given, path, most=most, least=1, required=True)
        if text is None:
            return ""
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes:
            what = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of {_choices(schemes)}.'
            self.fail(path, "URL_TYPE_INVALID_SCHEME", what)
        elif not parts.netloc or (parts.scheme != "attachment" and "." not in (parts.hostname or "")):
            self.fail(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return text


def _choices(options: tuple[Any, ...]) -> str:
    return f"({', '.join(repr(option) for option in options)})"
