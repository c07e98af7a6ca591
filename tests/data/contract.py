"""What every data layer has to do, on its own database. The tests of a layer inherit it.

The inheriting class gives the fixture ``harness``: a ``tests.data.support.Harness``.
"""

from tests.data.deliveries import DeliveryContract
from tests.data.elements import ElementContract
from tests.data.pages import PageContract
from tests.data.threads import ThreadContract


class LayerContract(ThreadContract, ElementContract, PageContract, DeliveryContract):
    """Checks a data layer; a test class inherits it and provides the fixture ``harness``."""
