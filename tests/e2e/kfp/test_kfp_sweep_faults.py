"""The step that sweeps, killed at ten points of its life and cut off from AWS. Marked slow."""

import itertools
import os
import threading
import time

import pytest

from tests.e2e.kfp.test_kfp_sweep import SCRIPT, status, trials
from tests.support.step.fault_proxy import FaultProxy
from tests.support.step.kfp_pods import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FOUR = {"space": {"lr": [0.1, 0.2]}, "seeds": "2", "max_parallel": 2}
NAMES = {f"-t{number:03}" for number in range(1, 5)}
OUTPUTS = ("model", "metrics", "trials", "report", "output_metadata.json")

CALLS = {
    "before StartExecution is sent": ("StartExecution", "before", 1),
    "after StartExecution, its answer lost": ("StartExecution", "after", 1),
    "at the first look": ("DescribeExecution", "before", 1),
    "while the first trials run": ("GetExecutionHistory", "after", 2),
    "while later trials run": ("DescribeExecution", "after", 4),
    "as the curves are asked for": ("DescribeLogStreams", "before", 1),
    "while the curves are read": ("GetLogEvents", "after", 2),
}
# An output, and the one that is written before it.
WRITTEN = {"metrics": "model", "report": "trials", "output_metadata.json": "p/execution_arn"}


def sweep(cluster, **more):
    return cluster.sweep(SCRIPT, **FOUR, hyperparameters={"pause": 3}, **more)


class Running:
    """A pod that runs; what it prints is kept."""

    def __init__(self, pod):
        self.process, self.text = pod.start(), ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.process.stdout as lines:
            self.text = lines.read()

    def end(self, seconds=120):
        """The exit code, once it has ended."""
        code = self.process.wait(seconds)
        self._reader.join()
        return code

    def kill(self):
        self.process.kill()


def is_right(cluster, pod):
    """A new pod of the task has the outputs of one sweep, whose trials there are once."""
    code, text = pod.run(KFP_RETRY_INDEX="1")
    assert code == 0, text
    assert status(cluster, pod) == ["SUCCEEDED"]
    assert trials(cluster, pod) == dict.fromkeys(NAMES, "SUCCEEDED")
    given = pod.listing()["parameterValues"]
    assert (given["best_hyperparameters"]["lr"], given["best_seed"]) == (0.2, 2)
    assert len((pod.directory / "trials").read_text().splitlines()) == 5
    for name in OUTPUTS:
        assert (pod.directory / name).stat().st_size > 0


@pytest.mark.parametrize("point", CALLS)
def test_a_pod_killed_at_a_call_is_replaced(cluster, point):
    operation, moment, nth = CALLS[point]
    pod, count, killed = sweep(cluster), itertools.count(1), threading.Event()

    def seen(at, when):
        if (at, when) == (operation, moment) and next(count) == nth:
            running.kill()
            killed.set()

    proxy = FaultProxy(
        cluster.endpoint_url,
        before=lambda at: seen(at, "before"),
        after=lambda at: seen(at, "after"),
    )
    with proxy.serving():
        pod.environment["AWS_ENDPOINT_URL"] = proxy.url
        running = Running(pod)
        wait_for(killed.is_set)
        running.end()
    pod.environment["AWS_ENDPOINT_URL"] = cluster.endpoint_url
    is_right(cluster, pod)


@pytest.mark.parametrize("output", WRITTEN)
def test_a_pod_killed_as_it_writes_an_output_is_replaced(cluster, output):
    """The file is a pipe that nobody reads: the pod waits in the middle of its outputs."""
    pod = sweep(cluster)
    pod.directory.mkdir(parents=True)
    os.mkfifo(pod.directory / output)
    running = Running(pod)
    wait_for((pod.directory / WRITTEN[output]).exists)
    time.sleep(0.5)
    assert running.process.poll() is None
    running.kill()
    running.end()
    (pod.directory / output).unlink()
    is_right(cluster, pod)


def test_there_are_ten_points():
    assert len(CALLS) + len(WRITTEN) == 10


def test_two_pods_of_a_task_at_once_await_one_sweep(cluster):
    pod = sweep(cluster)
    pods = [Running(pod) for _ in range(2)]
    assert [running.end() for running in pods] == [0, 0]
    is_right(cluster, pod)


def test_two_minutes_without_a_network_are_sat_out(cluster):
    pod, cut = sweep(cluster), threading.Event()
    proxy = FaultProxy(cluster.endpoint_url, lambda _: "reset" if cut.is_set() else None)
    with proxy.serving():
        pod.environment["AWS_ENDPOINT_URL"] = proxy.url
        running = Running(pod)
        wait_for(lambda: len(trials(cluster, pod)) > 1)
        cut.set()
        time.sleep(120)
        assert running.process.poll() is None
        cut.clear()
        assert running.end() == 0, running.text
    assert proxy.faults["reset"] > 3
    assert "Step Functions has not answered lately" in running.text
    pod.environment["AWS_ENDPOINT_URL"] = cluster.endpoint_url
    is_right(cluster, pod)


def test_two_pods_that_retry_at_once_redrive_once(cluster):
    pod = cluster.sweep(SCRIPT, **FOUR, hyperparameters={"fail_seed": 2})
    assert pod.run()[0] == 1
    pods = [Running(pod) for _ in range(2)]
    assert [running.end() for running in pods] == [1, 1]
    (execution,) = pod.executions(cluster.states)
    described = cluster.states.describe_execution(executionArn=execution["executionArn"])
    assert described["redriveCount"] == 1
