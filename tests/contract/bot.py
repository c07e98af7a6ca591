"""What the whole gateway has to do on every platform. A platform's tests inherit it.

The inheriting module gives the fixture ``world``: its platform's ``tests.contract.world.World``, started, without rate
limits of its own (a test asks for trouble when it wants some).
"""

from collections.abc import Iterator

import pytest

from gateway.telemetry.logs import configure_logging
from tests.contract.access import AccessContract
from tests.contract.actions import ActionContract
from tests.contract.asks import AskContract
from tests.contract.bad_input import BadInputContract
from tests.contract.binding import BindingContract
from tests.contract.commands import CommandContract
from tests.contract.conversations import ConversationContract
from tests.contract.crashes import CrashContract
from tests.contract.data_layer import DataLayerContract
from tests.contract.deletions import DeletionContract
from tests.contract.elements import ElementContract
from tests.contract.endings import EndingContract
from tests.contract.history import HistoryContract
from tests.contract.history_elements import ElementHistoryContract
from tests.contract.history_feedback import FeedbackHistoryContract
from tests.contract.history_threads import ThreadsCommandContract
from tests.contract.losses import LossContract
from tests.contract.messages import MessageContract
from tests.contract.proactive import ProactiveContract
from tests.contract.profiles import ProfileContract
from tests.contract.resume import ResumeContract
from tests.contract.rights import RightsContract
from tests.contract.settings import SettingsContract
from tests.contract.steps import StepContract
from tests.contract.stopping import StopContract
from tests.contract.tasks import TaskListContract
from tests.contract.texts import TextContract
from tests.contract.titles import TitleContract
from tests.contract.world import World


class BotContract(
    ConversationContract,
    AskContract,
    ActionContract,
    BindingContract,
    LossContract,
    MessageContract,
    EndingContract,
    DeletionContract,
    CrashContract,
    HistoryContract,
    ElementHistoryContract,
    DataLayerContract,
    RightsContract,
    FeedbackHistoryContract,
    ThreadsCommandContract,
    ResumeContract,
    TitleContract,
    StopContract,
    StepContract,
    TaskListContract,
    TextContract,
    ElementContract,
    SettingsContract,
    ProactiveContract,
    ProfileContract,
    CommandContract,
    AccessContract,
    BadInputContract,
):
    """Checks a whole bot on an emulated platform; a test class inherits it and provides the fixture ``world``."""

    @pytest.fixture(autouse=True)
    def logging(self) -> None:
        """Configure logging as an operator sees it."""
        configure_logging(form="console", debug=False)

    @pytest.fixture(autouse=True)
    def no_complaints(self, world: World) -> Iterator[None]:
        """Check after every test that nobody was shown a failed interaction."""
        yield
        assert list(world.complaints) == []
