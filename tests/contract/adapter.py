"""What every adapter has to do, over the wire. A platform's tests inherit it.

The inheriting module gives the fixture ``world``: its platform's ``tests.contract.world.World``, started.
"""

from tests.contract.drawn import DrawnContract
from tests.contract.extras import ExtrasContract
from tests.contract.files import FileContract
from tests.contract.inbound import InboundContract
from tests.contract.interactions import InteractionContract
from tests.contract.outbound import OutboundContract
from tests.contract.texts import CodeContract
from tests.contract.trouble import TroubleContract


class AdapterContract(
    InboundContract,
    InteractionContract,
    OutboundContract,
    DrawnContract,
    FileContract,
    ExtrasContract,
    TroubleContract,
    CodeContract,
):
    """Checks an adapter against its emulated platform; a test class inherits it and provides the fixture ``world``."""
