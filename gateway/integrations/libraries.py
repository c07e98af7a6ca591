"""The versions of the libraries that integrations are made for."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True, slots=True)
class Library:
    """A library that an integration needs.

    Args:
        name: The name of its package on PyPI.
        extra: The extra of ``bot-gateway`` that installs it.
        at_least: The first version that works, in numbers: ``(1, 0)``.
        below: The first version that is not known to work.
    """

    name: str
    extra: str
    at_least: tuple[int, ...]
    below: tuple[int, ...]

    def require(self, user: str) -> None:
        """Check that the library is installed in a version that works.

        Args:
            user: What needs it, for the text of the error.

        Raises:
            ImportError: It is not; the text says what to install.
        """
        install = f"pip install 'bot-gateway[{self.extra}]'"
        try:
            found = version(self.name)
        except PackageNotFoundError:
            raise ImportError(f"{user} needs the package {self.name}: {install}") from None
        if not self.at_least <= numbers(found) < self.below:
            low, high = (".".join(map(str, each)) for each in (self.at_least, self.below))
            raise ImportError(
                f"{user} works with {self.name}>={low},<{high}, but {found} is installed: "
                f"pip install '{self.name}>={low},<{high}'"
            )


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers a version begins with: ``(1, 40, 2)`` for ``1.40.2rc1``."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(each) for each in match[0].split(".")) if match else ()
