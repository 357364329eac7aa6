import signal
import threading
import time

import pytest

from kfp_component.stopping.request import STOPPED_BY_USER, STOPPED_WITH_POD
from kfp_component.stopping.stopper import STOP_SIGNAL, Stopper
from tests.support.step.launcher_fakes import STATE_MACHINE_ARN, FakeAws, FakeClock, client_error

ARN = STATE_MACHINE_ARN.replace("stateMachine", "execution") + ":n"


class World:
    def __init__(self, stop_on_sigterm=True):
        self.aws = FakeAws(FakeClock())
        self.said: list[str] = []
        self.codes: list[int] = []
        self.stopper = Stopper(self.aws, stop_on_sigterm, self.said.append, self.codes.append)

    def start(self):
        self.stopper.aim(ARN, starting=True)
        self.aws.states.start_execution(stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}")
        self.stopper.started()

    @property
    def ending(self):
        return self.aws.states.executions[ARN].get("ending", {})


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGTERM, STOPPED_WITH_POD),
        (signal.SIGINT, STOPPED_BY_USER),
        (STOP_SIGNAL, STOPPED_BY_USER),
    ],
)
def test_each_signal_stops_and_ends_with_143(number, error):
    world = World()
    world.start()
    world.stopper.handle(number)
    assert world.ending["error"] == error
    assert world.codes == [143]


def test_sigterm_alone_spares_the_training_when_the_task_says_so():
    world = World(stop_on_sigterm=False)
    world.start()
    world.stopper.handle(signal.SIGTERM)
    assert world.ending == {}
    assert world.codes == [143]
    assert "goes on" in world.said[0]
    world.stopper.handle(STOP_SIGNAL)
    assert world.ending["error"] == STOPPED_BY_USER


def test_nothing_is_stopped_before_anything_was_started():
    world = World()
    world.stopper.handle(signal.SIGTERM)
    assert world.codes == [143]
    assert world.aws.states.calls == []


def test_a_start_that_is_under_way_is_stopped_as_soon_as_it_exists():
    world = World()
    world.stopper.aim(ARN, starting=True)
    stopping = threading.Thread(target=world.stopper.handle, args=(signal.SIGTERM,))
    stopping.start()
    time.sleep(0.12)
    world.aws.states.start_execution(stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}")
    stopping.join(10)
    assert world.ending["error"] == STOPPED_WITH_POD


def test_one_that_was_only_looked_for_is_not_waited_for():
    world = World()
    world.stopper.aim(ARN)
    began = time.monotonic()
    world.stopper.handle(signal.SIGTERM)
    assert world.codes == [143]
    assert time.monotonic() - began < 1


def test_nothing_is_started_after_a_signal():
    world = World()
    world.stopper.handle(signal.SIGTERM)
    reached = threading.Event()

    def start():
        world.stopper.aim(ARN)
        reached.set()

    threading.Thread(target=start, daemon=True).start()
    assert not reached.wait(0.3)


def test_an_execution_that_a_signal_ended_does_not_end_the_process_otherwise():
    world = World()
    world.stopper.give_way()
    world.stopper.handle(signal.SIGINT)
    passed = threading.Event()
    threading.Thread(target=lambda: (world.stopper.give_way(), passed.set()), daemon=True).start()
    assert not passed.wait(0.3)


def test_trouble_is_tried_again_at_once():
    world = World()
    world.start()
    world.aws.states.faults = [ConnectionResetError(), client_error("ThrottlingException")]
    world.stopper.handle(signal.SIGTERM)
    assert world.ending["status"] == "ABORTED"


def test_an_unanswered_request_does_not_hold_up_the_next():
    world = World()
    world.start()
    stop, calls = world.aws.states.stop_execution, []

    def first_hangs(**arguments):
        calls.append(1)
        if len(calls) == 1:
            time.sleep(5)
        return stop(**arguments)

    world.aws.states.stop_execution = first_hangs
    began = time.monotonic()
    world.stopper.handle(signal.SIGTERM)
    assert time.monotonic() - began < 3
    assert world.ending["status"] == "ABORTED"


def test_a_refusal_is_said_and_ends_the_process_all_the_same():
    world = World()
    world.start()
    world.aws.states.faults = [client_error("AccessDeniedException")] * 100
    world.stopper.handle(signal.SIGTERM)
    assert world.codes == [143]
    assert "Could not stop" in world.said[0]


def test_output_that_blocks_does_not_keep_the_process():
    world = World()
    world.start()
    world.stopper = Stopper(world.aws, True, lambda _: time.sleep(60), world.codes.append)
    world.stopper.aim(ARN)
    began = time.monotonic()
    world.stopper.handle(signal.SIGTERM)
    assert world.codes == [143]
    assert time.monotonic() - began < 5
