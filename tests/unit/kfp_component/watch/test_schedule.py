import runpy
from pathlib import Path

import pytest
from botocore.exceptions import ParamValidationError

from kfp_component.aws.backoff import Backoff
from kfp_component.aws.errors import CallErrorKind, kind_of
from kfp_component.watch.schedule import Poll, spacing
from tests.support.step.launcher_fakes import client_error

simulate = runpy.run_path(str(Path(__file__).parents[4] / "bench" / "step" / "quota.py"))[
    "simulate"
]


@pytest.mark.parametrize("age", [0, 1, 10, 40, 100, 600, 3600, 86_400])
@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
def test_polls_are_spaced_by_a_twentieth_of_the_run(age, draw):
    seconds = spacing(age, lambda: draw)
    assert 1 <= seconds <= 30
    assert seconds < max(2, 0.05 * age)
    assert seconds > min(26, max(1, 0.04 * age))


@pytest.mark.long
def test_a_thousand_launchers_share_the_default_quotas():
    outcome = simulate(1000, 300, 1200)
    assert outcome.ended_right == 1000
    assert outcome.account.describes.refused > 0, "the quota was never reached: no proof"
    assert max(outcome.latencies) < 600


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_takes_at_most_200_calls(seed):
    outcome = simulate(1, 3600, 3600, seed=seed)
    assert outcome.account.describes.made <= 200


@pytest.mark.parametrize("seconds", [5, 30, 61, 137, 600, 3600, 7000])
def test_the_end_is_noticed_in_time(seconds):
    outcome = simulate(1, seconds, seconds)
    assert max(outcome.latencies) <= min(30, max(2, 0.05 * seconds))


def test_backoff_grows_to_its_bound_and_never_overflows():
    backoff = Backoff(first=1, longest=30, draw=lambda: 0.999)
    delays = [backoff.next_delay() for _ in range(3000)]
    assert delays[:4] == pytest.approx([1, 2, 4, 8], rel=0.01)
    assert max(delays) <= 30
    backoff.reset()
    assert backoff.next_delay() == pytest.approx(1, rel=0.01)


class Script:
    """A call that returns or raises what it is told, in turn."""

    def __init__(self, *results):
        self.results = list(results)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


def test_a_throttled_poll_slows_down_and_recovers():
    throttled = client_error("ThrottlingException")
    script = Script(10.0, *[throttled] * 5, *[10.0] * 40)
    poll = Poll(script, lambda _: 0.0, draw=lambda: 0.5)
    poll.run(0)
    assert poll.due == 10
    for _ in range(5):
        poll.run(poll.due)
    before = poll.due
    poll.run(before)
    slowed = poll.due - before
    assert slowed > 30
    for _ in range(39):
        before = poll.due
        poll.run(before)
    assert poll.due - before == pytest.approx(10)


def test_a_refused_poll_asks_again_when_it_is_told_to():
    denied = client_error("AccessDeniedException")
    poll = Poll(Script(denied, denied, 5.0), lambda _: 300.0)
    for due in (300, 600, 605):
        poll.run(poll.due)
        assert poll.due == due


def test_trouble_that_lasts_is_told_once_until_it_heals():
    told = []
    script = Script(*[ConnectionResetError()] * 20, 1.0, *[ConnectionResetError()] * 20)
    poll = Poll(script, lambda _: 0.0, in_trouble=told.append)
    poll.run(0)
    assert not told
    for expected in (1, 2):
        for _ in range(20):
            poll.run(poll.due)
        assert len(told) == expected
    assert isinstance(told[0], ConnectionResetError)


def test_a_poll_runs_when_it_is_due_only():
    script = Script(5.0, 5.0)
    poll = Poll(script, lambda _: 0.0)
    poll.run(0)
    poll.run(4.9)
    assert script.calls == 1
    poll.hasten()
    poll.run(4.9)
    assert script.calls == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("ThrottlingException"), CallErrorKind.THROTTLED),
        (client_error("SomethingNew", 429), CallErrorKind.THROTTLED),
        (client_error("ServiceUnavailable", 503), CallErrorKind.TRANSIENT),
        (client_error("SomethingNew", 502), CallErrorKind.TRANSIENT),
        (client_error("ExpiredTokenException"), CallErrorKind.EXPIRED),
        (client_error("AccessDeniedException"), CallErrorKind.PERMANENT),
        (ParamValidationError(report="x"), CallErrorKind.PERMANENT),
        (TimeoutError(), CallErrorKind.TRANSIENT),
        (ConnectionResetError(), CallErrorKind.TRANSIENT),
        (KeyError("events"), CallErrorKind.PERMANENT),
    ],
)
def test_errors_are_told_apart(error, kind):
    assert kind_of(error) is kind
