import itertools
import time

from kfp_component.record.metric_series import MetricSeries
from kfp_component.watch.logs import LogTail
from tests.support.step.launcher_fakes import FakeAws, FakeClock


def tail_of(aws, clock, hosts=1):
    lines = []
    return LogTail(aws, "job", hosts, lambda host, line: lines.append((host, line)), clock), lines


def test_late_streams_are_found():
    clock, hosts = FakeClock(), 5
    aws = FakeAws(clock)
    tail, lines = tail_of(aws, clock, hosts)
    for number in range(1, hosts + 1):
        aws.logs.streams[f"job/algo-{number}-17"] = [f"from {number}"]
        clock.sleep(3)
        tail.poll()
    assert lines == [(f"algo-{number}", f"from {number}") for number in range(1, hosts + 1)]


def test_streams_of_other_jobs_are_left_alone():
    clock = FakeClock()
    aws = FakeAws(clock)
    tail, lines = tail_of(aws, clock)
    aws.logs.streams["job-2/algo-1-17"] = ["other"]
    aws.logs.streams["job/algo-1-17"] = ["ours"]
    tail.poll()
    assert lines == [("algo-1", "ours")]


def test_a_group_that_does_not_exist_yet_is_no_trouble():
    clock = FakeClock()
    tail, lines = tail_of(FakeAws(clock), clock)
    assert tail.poll() > 0
    assert lines == []


def test_polls_follow_the_flow_of_lines():
    clock = FakeClock()
    aws = FakeAws(clock)
    tail, _ = tail_of(aws, clock)
    aws.logs.streams["job/algo-1-17"] = ["x"]
    tail.poll()
    idle = [tail.poll() for _ in range(20)]
    assert idle == sorted(idle)
    assert idle[-1] == 15
    aws.logs.streams["job/algo-1-17"] += ["y"] * 100
    busy = [(aws.logs.streams["job/algo-1-17"].append("z"), tail.poll())[1] for _ in range(6)]
    assert busy[-1] == 1


def test_a_burst_is_read_in_bounded_steps():
    clock = FakeClock()
    aws = FakeAws(clock)
    tail, lines = tail_of(aws, clock)
    aws.logs.streams["job/algo-1-17"] = [str(number) for number in range(50_000)]
    delays = []
    while len(lines) < 50_000:
        before = len(aws.logs.calls)
        delays.append(tail.poll())
        assert len(aws.logs.calls) - before <= 25
    assert max(delays[:-1]) < 1
    assert [line for _, line in lines] == [str(number) for number in range(50_000)]


def test_metrics_are_the_first_group_of_the_expression():
    series = MetricSeries({"r": "r: ([-+0-9.eE]+)", "none": "x", "broken": "("})
    for line in ("r: 1.5", "r: -2e3 tail", "nothing", "r: .", "r: nan", "x"):
        series.take(line)
    assert series.series["r"].points == [(0, 1.5), (1, -2000.0)]
    assert series.never_matched == {"none": "x"}
    assert series.latest == {"r": -2000.0}


def test_long_series_are_thinned_evenly():
    series = MetricSeries({"r": "r=(.*)"})
    for number in range(100_000):
        series.take(f"r={number}")
    points = series.series["r"].points
    assert 1000 <= len(points) <= 2001
    steps = {after[0] - before[0] for before, after in itertools.pairwise(points)}
    assert len(steps) == 1
    assert all(number == value for number, value in points)
    assert series.latest["r"] == 99_999


def test_an_expression_that_backtracks_is_dropped():
    clock = FakeClock()
    series = MetricSeries({"slow": "(a+)+$", "r": "r=(.*)"}, clock=time.monotonic)
    series.take("a" * 24 + "b")
    began = time.monotonic()
    for _ in range(20):
        series.take("a" * 24 + "b")
    assert time.monotonic() - began < 5
    series.take("r=1")
    assert series.latest == {"r": 1.0}
    assert clock.now == 0


def test_what_a_thinned_series_has_lost_is_still_told():
    series = MetricSeries({"r": "r=(.*)"})
    for number in range(10_000):
        series.take(f"r={9e9 if number == 777 else -number}")
    kept = series.series["r"]
    assert (kept.count, kept.highest, kept.lowest, kept.last) == (10_000, 9e9, -9999, -9999)


def test_hosts_have_series_of_their_own():
    series = MetricSeries({"r": "r=(.*)"})
    for host, line in (("algo-1", "r=1"), ("algo-2", "r=5"), ("algo-1", "r=2")):
        series.take(line, host)
    assert series.latest == {"r (algo-1)": 2, "r (algo-2)": 5}
    assert series.never_matched == {}
