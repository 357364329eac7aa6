"""The figures of the pages are those of the code, of the pins, of a rule, or of a bench's record.

A figure that this file does not hold is one of AWS's or KFP's, whose documentation the page names.
"""

import json
import re
import tomllib
from importlib.metadata import version

import pytest

from bench.measured import FILE, measured
from bench.nested_map import AT_ONCE, CHILDREN
from infra.roles.launcher_trust import MAX_TRUST, launcher_trust
from infra.settings.context import read_settings
from infra.settings.model import Settings
from kfp_component.author.source_archive import LARGEST_BYTES
from kfp_component.watch.ended_logs import MOST_CURVES
from tests.unit.docs.pages import PAGES, ROOT, name
from training_job.arguments.images import image
from training_job.arguments.model import MAX_ATTEMPTS, MAX_CAPACITY_WAIT
from training_job.outcome import capacity, create_call, judge
from training_job.timeouts import ATTEMPT_MARGIN, MAX_LOOK, MIN_LOOK
from training_sweep.limits import (
    LARGEST_RECORD,
    LARGEST_STATE,
    MAX_PARALLEL,
    MAX_TRIALS,
)
from training_sweep.statistics import RESAMPLES, ROUGH_BELOW

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAX_RUN = Settings.model_fields["max_run_limit"].default
LAUNCHER, SWEEP = measured("bench.step.launcher"), measured("bench.sweeps.launcher")
LARGEST, MAP = measured("bench.sweeps.largest"), measured("bench.nested_map")
NUMBERS = {5: "five", 10: "ten"}


def accounts(**way):
    """Return how many service accounts of one name fit into a trust policy, in tens."""
    count = 0
    while True:
        names = [f"team-{number}/default-editor" for number in range(count + 10)]
        settings = read_settings({**way, "launcher_service_accounts": names})
        document = launcher_trust(settings, "aws", "us-east-1", "123456789012")
        if len(json.dumps(document, separators=(",", ":"))) > MAX_TRUST:
            return count
        count += 10


PROVIDER = "oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
IRSA = accounts(launcher_oidc_provider=f"arn:aws:iam::123456789012:{PROVIDER}")
POD_IDENTITY = accounts(launcher_eks_cluster="ml")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("docs/kfp-step", f"more than {LARGEST_BYTES // 2**20} MiB"),
        ("docs/kfp-step", f"at most {MOST_CURVES} trials"),
        ("docs/sweeps", f"At most {MAX_TRIALS} trials and {MAX_PARALLEL} at once"),
        ("docs/sweeps", f"of at most {LARGEST_RECORD} bytes"),
        ("docs/sweeps", f"of {LARGEST_STATE:,} bytes"),
        ("docs/sweeps", f"of {RESAMPLES:,} resamples"),
        ("docs/sweeps", f"fewer than {ROUGH_BELOW} seeds"),
        ("docs/outcomes", f"after {capacity._MOST_CALLS} the execution gives up"),
        ("docs/outcomes", f"has the last {capacity._MOST_RECORDS} jobs"),
        ("docs/outcomes", f"called again, up to {create_call.MAX_CALLS} times"),
        ("docs/outcomes", f"looked for up to {create_call.MAX_LOOKS} times"),
        ("docs/outcomes", f"may not be for {judge.MAX_DENIED_LOOKS} "),
        ("docs/outcomes", f"(at least {MIN_LOOK} s, at most {MAX_LOOK // 60} min)"),
        ("docs/outcomes", f"4 ... {capacity.LONGEST_WAIT // 60} minutes"),
        ("docs/outcomes", f"plus {ATTEMPT_MARGIN // 3600} hours"),
        ("docs/outcomes", f"An execution may take {NUMBERS[MAX_ATTEMPTS]} times"),
        ("docs/outcomes", f"and {NUMBERS[MAX_CAPACITY_WAIT // 86400]} for `capacity_wait`"),
        ("docs/deploy", f"Ray image, which {len(image._TABLE['registries']['2020'])} regions have"),
        ("docs/deploy", f"some {IRSA} service accounts with IRSA and {POD_IDENTITY} with Pod"),
        ("docs/from-the-predecessor", f"at most {MAX_RUN} s unless the deployment allows more"),
        ("local_aws/README", f"ministack {version('ministack')}, the parts"),
        ("docs/kfp-step", f"StartExecution | {LAUNCHER['start_ms']} ms |"),
        ("docs/kfp-step", f"of a sweep | {LAUNCHER['peak_mib']}; {SWEEP['peak_mib']} MiB |"),
        ("docs/kfp-step", f"CPU while waiting | {LAUNCHER['cpu_percent']} % of a core |"),
        (
            "docs/kfp-step",
            f"| {LAUNCHER['late_after_20_s']}; {LAUNCHER['late_after_an_hour']} s |",
        ),
        ("docs/kfp-step", f"all calls of a sweep | {LAUNCHER['describes']}; {SWEEP['calls']} |"),
        ("docs/sweeps", f"{MAX_TRIALS} trials with the longest input leave room"),
        ("docs/sweeps", f"had {LARGEST['bytes']:,} of {LARGEST_STATE:,} bytes"),
        ("docs/sweeps", f"the history {LARGEST['events']:,} of 25,000 events"),
        (
            "local_aws/corrections/README",
            f"{CHILDREN} nested executions of a second, {AT_ONCE} at once, take {MAP['seconds']} s",
        ),
        (
            "local_aws/corrections/README",
            f"with {MAP['threads']} threads and {MAP['megabytes']} MB",
        ),
    ],
)
def test_figures_are_the_codes_or_the_benches(page, words):
    text = (ROOT / f"{page}.md").read_text()
    assert re.search(re.escape(words).replace(r"\ ", r"\s+"), text), words


def test_every_recorded_figure_is_one_of_a_bench_that_records_it():
    for bench, figures in json.loads(FILE.read_text()).items():
        text = ROOT.joinpath(*bench.split(".")).with_suffix(".py").read_text()
        (call,) = re.findall(
            rf'record\(\s*"{bench}",(.*?)\n    ?\)|record\("{bench}", (.*)\)\n', text, re.S
        )
        assert all(f"{figure}=" in "".join(call) for figure in figures)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_says_how_long_a_command_takes(page):
    """It depends on the machine. What a bench has measured names the bench and the machine."""
    text = page.read_text()
    timed = r"\b(?:a|one|two|three|five|ten|\d+) minutes? on (?:two|\d) (?:cores|processors)"
    assert not re.findall(timed, text)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_versions_of_what_is_installed_are_those_that_are_pinned(page):
    """After a package's name; the changelog tells of older ones."""
    if page.name == "CHANGELOG.md":
        return
    pinned = dict(re.findall(r'"([\w-]+)==([\d.]+)"', (ROOT / "pyproject.toml").read_text()))
    for package, release in pinned.items():
        word = {"localstack-core": "LocalStack"}.get(package, package)
        for found in re.findall(rf"\b{word}(?: |==)(\d+\.\d+\.\d+)", page.read_text()):
            assert found == release, word


def test_the_version_in_the_examples_is_that_of_this_project():
    found = {
        found
        for page in PAGES
        for found in re.findall(
            r"(?:/launcher:|sagemaker_rl_kubeflow-)(\d[\d.]*\d)", page.read_text()
        )
    }
    assert found == {PROJECT["project"]["version"]}
