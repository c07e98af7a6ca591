"""The contracts every platform keeps. Their asserts explain themselves as those of a test file do."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
