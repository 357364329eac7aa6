"""The step while its calls break, and while its pods are killed. Minutes: marked slow."""

import itertools
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.step.fault_proxy import FAULTS, FaultProxy, random_faults
from tests.support.step.kfp_pods import train, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AT_ONCE = 2
LINES = 40
SECONDS = 2


def through(pod, proxy):
    """The same task, with all calls of its pods through a proxy."""
    pod.environment["AWS_ENDPOINT_URL"] = proxy.url
    return pod


def numbered(text):
    return [int(number) for number in re.findall(r"^line (\d+) ", text, re.MULTILINE)]


# --- calls that break -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_third_of_all_calls_may_break(cluster, seed):
    pod = cluster.pod(train(lines=300, seconds=8))
    with FaultProxy(cluster.endpoint_url, random_faults(0.3, seed)).serving() as proxy:
        code, text = through(pod, proxy).run(300)
    assert code == 0, text
    assert numbered(text) == list(range(300))
    assert len(pod.executions(cluster.states)) == len(cluster.jobs(pod)) == 1
    assert pod.has_outputs()
    assert sum(proxy.faults[kind] for kind in FAULTS) > 5, proxy.faults


def test_each_way_of_breaking_the_start_is_survived(cluster):
    for kind in FAULTS:
        pod, broken = cluster.pod(train(lines=1)), []

        def fault(operation, kind=kind, broken=broken):
            if operation == "StartExecution" and len(broken) < 2:
                broken.append(operation)
                return kind
            return None

        with FaultProxy(cluster.endpoint_url, fault).serving() as proxy:
            code, text = through(pod, proxy).run()
        assert code == 0, (kind, text)
        assert len(broken) >= 1
        assert len(pod.executions(cluster.states)) == len(cluster.jobs(pod)) == 1, kind


# --- SIGKILL --------------------------------------------------------------------------------------

OPERATIONS = (
    "StartExecution",
    "DescribeExecution",
    "GetExecutionHistory",
    "DescribeTrainingJob",
    "DescribeLogStreams",
    "GetLogEvents",
)
AT_CALLS = [
    (operation, moment, nth)
    for operation, moment in itertools.product(OPERATIONS, ("before", "after"))
    for nth in (1, 2)
    if operation != "StartExecution" or nth == 1
]
AT_TIMES = [("start", "", seconds / 10) for seconds in (0, 1, 2, 3, 5, 10, 20, 30, 40, 50)]
AT_THE_END = [("end", "", milliseconds / 1000) for milliseconds in range(0, 300, 30)]


def kill_at(cluster, pod, point):
    """Kills the task's first pod at a point of its life."""
    what, moment, when = point
    count, reached = itertools.count(1), threading.Event()

    def ended():
        return pod.executions(cluster.states)[0]["status"] == "SUCCEEDED"

    def seen(operation, at):
        if (operation, at) == (what, moment) and next(count) == when:
            process.kill()
            reached.set()
        elif what == "end" and (operation, at) == ("DescribeExecution", "after") and ended():
            reached.set()

    proxy = FaultProxy(
        cluster.endpoint_url,
        before=lambda operation: seen(operation, "before"),
        after=lambda operation: seen(operation, "after"),
    )
    with proxy.serving():
        process = through(pod, proxy).start()
        threading.Thread(target=process.stdout.read, daemon=True).start()
        if what == "start":
            time.sleep(when)
        else:
            wait_for(lambda: reached.is_set() or process.poll() is not None, 120, pause=0.001)
            time.sleep(when if what == "end" else 0)
        process.kill()
        process.wait()
        process.stdout.close()
    pod.environment["AWS_ENDPOINT_URL"] = cluster.endpoint_url


def survives(cluster, point):
    pod = cluster.pod(train(LINES, SECONDS))
    kill_at(cluster, pod, point)
    code, text = pod.run()
    executions, jobs = pod.executions(cluster.states), cluster.jobs(pod)
    right = (
        code == 0
        and pod.has_outputs()
        and numbered(text) == list(range(LINES))
        and [item["status"] for item in executions] == ["SUCCEEDED"]
        and [job["TrainingJobStatus"] for job in jobs] == ["Completed"]
        and pod.listing()["parameterValues"]["job_name"] == jobs[0]["TrainingJobName"]
    )
    return None if right else (point, code, executions, jobs, text)


def test_a_killed_pod_never_doubles_and_never_loses_a_training(cluster):
    points = AT_CALLS + AT_TIMES + AT_THE_END
    assert len(points) >= 40
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [
            found for found in pool.map(lambda point: survives(cluster, point), points) if found
        ]
    assert not wrong, wrong


# --- SIGTERM --------------------------------------------------------------------------------------

TRIALS = 100


def stops(cluster, number):
    """Sends SIGTERM at some point and SIGKILL a second later; returns what went wrong."""
    pod = cluster.pod(train(lines=2000, seconds=100))
    process = pod.start()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    time.sleep(0.1 + 6.0 * number / TRIALS)
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(1)
    except subprocess.TimeoutExpired:
        code = None
    process.kill()
    process.wait()
    process.stdout.close()
    executions = pod.executions(cluster.states)
    if not executions:
        # The signal was there first: Python itself dies of it until the step has taken it over.
        return None if code in (143, -signal.SIGTERM) else (number, code, "nothing started")
    if code != 143 or [item["status"] for item in executions] != ["ABORTED"]:
        for item in executions:
            cluster.states.stop_execution(executionArn=item["executionArn"])
        return (number, code, executions)
    wait_for(
        lambda: all(job["TrainingJobStatus"] == "Stopped" for job in cluster.jobs(pod)), 60, 0.2
    )
    return None


def test_sigterm_stops_everything_within_a_second(cluster):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [found for found in pool.map(lambda n: stops(cluster, n), range(TRIALS)) if found]
    print(f"{TRIALS - len(wrong)} of {TRIALS} stopped within a second")
    assert len(wrong) <= TRIALS * 0.05, wrong


# --- logs -----------------------------------------------------------------------------------------

BURST = """
import os, sys, time
host = os.environ["SM_CURRENT_HOST"]
for number in range({lines}):
    sys.stdout.write(f"numbered {{host}} {{number}}\\n")
    if number % 5000 == 4999:
        sys.stdout.flush()
        time.sleep(1)
open(os.environ["SM_MODEL_DIR"] + "/policy.txt", "w").write("policy")
"""


def peak_memory(process):
    """The largest resident set of a process until it ends, in MiB."""
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        except OSError:
            break
        peak = max(peak, int(found[1]) if found else 0)
        time.sleep(0.1)
    return peak / 1024


def test_every_line_of_every_host_comes_once_and_in_order(cluster):
    lines = 50_000
    pod = cluster.pod(BURST.format(lines=lines), instance_count=2, metric_definitions={})
    process = pod.start()
    text = []
    reader = threading.Thread(target=lambda: text.extend(process.stdout), daemon=True)
    reader.start()
    peak = peak_memory(process)
    assert process.wait(300) == 0
    reader.join(30)
    process.stdout.close()
    found = {"algo-1": [], "algo-2": []}
    for line in text:
        match = re.match(r"(algo-\d) \| numbered (algo-\d) (\d+)$", line)
        if match:
            assert match[1] == match[2]
            found[match[1]].append(int(match[3]))
    assert found["algo-1"] == list(range(lines))
    assert found["algo-2"] == list(range(lines))
    print(f"100,000 lines, peak memory {peak:.0f} MiB")
    assert peak < 60
