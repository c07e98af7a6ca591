"""What every adapter has to do, over the wire. A platform's tests inherit it.

The inheriting module gives the fixture ``world``: its platform's ``tests.contract.world.World``, started.
"""

from tests.contract.inbound import InboundContract


class AdapterContract(InboundContract):
    """Inherit it, and provide ``world``."""
