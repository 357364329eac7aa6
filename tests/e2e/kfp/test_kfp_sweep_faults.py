"""The step that sweeps, killed at ten points of its life and cut off from AWS. Marked slow."""

import itertools
import os
import threading
import time

import pytest

from tests.e2e.kfp.test_kfp_sweep import SCRIPT, status, trials
from tests.support.step.fault_proxy import FaultProxy
from tests.support.step.kfp_pods import Cluster, wait_for

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
    "as the curves are asked for": ("DescribeTrainingJob", "before", 1),
    "while the curves are read": ("GetLogEvents", "after", 2),
}


@pytest.fixture(scope="module")
def cluster(deployed, tmp_path_factory):
    return Cluster(deployed, tmp_path_factory.mktemp("tasks"))


def sweep(cluster, **more):
    return cluster.sweep(SCRIPT, **FOUR, hyperparameters={"pause": 3}, **more)


def begin(pod):
    process = pod.start()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process


def end(process):
    process.kill()
    process.wait()


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
            process.kill()
            killed.set()

    proxy = FaultProxy(
        cluster.endpoint_url,
        before=lambda at: seen(at, "before"),
        after=lambda at: seen(at, "after"),
    )
    with proxy.serving():
        pod.environment["AWS_ENDPOINT_URL"] = proxy.url
        process = begin(pod)
        wait_for(killed.is_set)
        end(process)
    pod.environment["AWS_ENDPOINT_URL"] = cluster.endpoint_url
    is_right(cluster, pod)


@pytest.mark.parametrize("output", ["model", "trials", "output_metadata.json"])
def test_a_pod_killed_as_it_writes_an_output_is_replaced(cluster, output):
    """The file is a pipe that nobody reads: the pod waits in the middle of its outputs."""
    pod = sweep(cluster)
    pod.directory.mkdir(parents=True)
    file = pod.directory / output
    os.mkfifo(file)
    process = begin(pod)
    reached = wait_for(lambda: is_opened_for_writing(file))
    end(process)
    os.close(reached)
    file.unlink()
    is_right(cluster, pod)


def is_opened_for_writing(pipe):
    """The descriptor of a pipe that another process writes into; None before that."""
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    time.sleep(0.05)
    try:
        os.read(descriptor, 1)
    except BlockingIOError:  # opened, and nothing written yet
        return descriptor
    os.close(descriptor)
    return None


def test_there_are_ten_points():
    assert len(CALLS) + len(OUTPUTS) - 2 == 10


def test_two_pods_of_a_task_at_once_await_one_sweep(cluster):
    pod = sweep(cluster)
    pods = [begin(pod) for _ in range(2)]
    assert [process.wait(120) for process in pods] == [0, 0]
    is_right(cluster, pod)


def test_two_minutes_without_a_network_are_sat_out(cluster):
    pod, cut = sweep(cluster), threading.Event()
    proxy = FaultProxy(cluster.endpoint_url, lambda _: "reset" if cut.is_set() else None)
    with proxy.serving():
        pod.environment["AWS_ENDPOINT_URL"] = proxy.url
        process = pod.start()
        text = []
        threading.Thread(target=lambda: text.extend(process.stdout), daemon=True).start()
        wait_for(lambda: len(trials(cluster, pod)) > 1)
        cut.set()
        time.sleep(120)
        assert process.poll() is None
        cut.clear()
        assert process.wait(120) == 0, "".join(text)
    assert proxy.faults["reset"] > 3
    assert "Step Functions has not answered lately" in "".join(text)
    pod.environment["AWS_ENDPOINT_URL"] = cluster.endpoint_url
    is_right(cluster, pod)


def test_two_pods_that_retry_at_once_redrive_once(cluster):
    pod = cluster.sweep(SCRIPT, **FOUR, hyperparameters={"fail_seed": 2})
    assert pod.run()[0] == 1
    pods = [begin(pod) for _ in range(2)]
    assert [process.wait(120) for process in pods] == [1, 1]
    (execution,) = pod.executions(cluster.states)
    described = cluster.states.describe_execution(executionArn=execution["executionArn"])
    assert described["redriveCount"] == 1
