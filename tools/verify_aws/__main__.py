"""Put what this project assumes of AWS to the test in an account: docs/verify-aws.md.

Exits 0 if no assumption is false, 1 if one is, 2 if it could not run or left something behind,
130 if it was interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.settings.context import project_context, read_settings
from tools.verify_aws import report
from tools.verify_aws.account import cdk, cleanup, settings
from tools.verify_aws.account.aws import Aws
from tools.verify_aws.account.scene import INSTANCE_TYPE, STACK, Deployment, Scene
from tools.verify_aws.account.template import Place, Template
from tools.verify_aws.assumption import Answer, Assumption, Finding, ask_all, find
from tools.verify_aws.stages import STAGES, Stage

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Findings:
    """What was found so far; it is printed line by line, and written whatever happens."""

    path: Path
    found: list[Finding] = field(default_factory=list)
    answers: dict[str, Answer | str] = field(default_factory=dict)

    def ask(self, stage: Stage, scene: object) -> None:
        """Put the questions of a stage."""
        print(f"\n{stage.name}")
        for assumption in stage.assumptions:
            self._add(ask_all([assumption], scene, self.answers))

    def leave_out(self, assumptions: Sequence[Assumption], reason: str) -> None:
        """Count assumptions as not asked."""
        self._add([find(each, reason) for each in assumptions])

    def _add(self, findings: list[Finding]) -> None:
        self.found += findings
        print(report.table(findings), flush=True)


def main(words: Sequence[str] | None = None) -> int:
    """Ask, clean up, report; return the exit code."""
    given = _parser().parse_args(words)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    findings = Findings(given.json)
    try:
        code = _run(given, findings)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        code = 130
    except (BotoCoreError, ClientError, cdk.CdkFailed, ValueError) as error:
        print(f"verify-aws: {error}", file=sys.stderr)
        code = 2
    if findings.found:
        report.write(findings.path, findings.found, findings.answers)
        print(f"\n{report.summary(findings.found)} All of it: {findings.path}")
    return code or report.exit_code(findings.found)


def _run(given: argparse.Namespace, findings: Findings) -> int:
    if given.preflight:
        read_settings(project_context(Path.cwd(), given.context))
    aws = Aws()
    print(f"Account {aws.account}, {aws.region}, as {aws.caller}")
    if given.clean_up:
        return _clean_up(aws)
    preflight, read_only, *creating = STAGES
    with tempfile.TemporaryDirectory() as scratch:
        wanted = {} if given.preflight else settings.widest(aws)
        template = cdk.synthesize(
            settings.over(wanted, given.context), Path(scratch) / "read", aws.region
        )
        types = tuple(given.instance_type or [INSTANCE_TYPE])
        scene = Scene(aws, Template(template, _place(aws)), types)
        findings.ask(preflight, scene)
        if given.preflight:
            return 0
        findings.ask(read_only, scene)
        agreed = [each for each in creating if _agreed(each, given, findings)]
        return _create(aws, given, agreed, findings, Path(scratch) / "deploy") if agreed else 0


def _agreed(stage: Stage, given: argparse.Namespace, findings: Findings) -> bool:
    """Whether a stage that creates something is to be asked; if not, say why."""
    if stage.only_with and stage.only_with not in given.stages:
        findings.leave_out(stage.assumptions, f"only with {stage.only_with}")
        return False
    print(f"\n{stage.name} creates {stage.creates}")
    if given.yes or _confirmed():
        return True
    findings.leave_out(stage.assumptions, "nobody agreed to it; --yes agrees beforehand")
    return False


def _confirmed() -> bool:
    try:
        return input("Create it? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _create(
    aws: Aws, given: argparse.Namespace, stages: list[Stage], findings: Findings, assembly: Path
) -> int:
    """Deploy, ask and delete."""
    if cleanup.exists(aws):
        raise ValueError(
            f"there is a stack {STACK} already: another run is under way, or was killed. Once none"
            " is, `make verify-aws ARGS=--clean-up` deletes it."
        )
    wanted = settings.over(settings.deployed(aws), given.context)
    left = 0
    try:
        print(f"\nDeploying {STACK} ...", flush=True)
        outputs = _deployed(wanted, assembly, aws, stages, findings)
        here = Deployment(aws, outputs, uuid.uuid4().hex[:8], given.image)
        for stage in stages:
            findings.ask(stage, here)
    finally:
        left = _undisturbed(lambda: _clean_up(aws))
    return left


def _deployed(
    wanted: dict[str, object], assembly: Path, aws: Aws, stages: list[Stage], findings: Findings
) -> dict[str, str]:
    try:
        cdk.synthesize(wanted, assembly, aws.region)
        return cdk.deploy(assembly, aws.region)
    except cdk.CdkFailed:
        for stage in stages:
            findings.leave_out(stage.assumptions, "the stack could not be deployed")
        raise


def _clean_up(aws: Aws) -> int:
    print(f"\nDeleting {STACK} and what it started ...", flush=True)
    left = cleanup.clean_up(aws)
    for each in left:
        print(f"Left behind, {each}", file=sys.stderr)
    if left:
        print("`make verify-aws ARGS=--clean-up` tries again.", file=sys.stderr)
    else:
        print("Nothing is left.", flush=True)
    return 2 if left else 0


def _undisturbed(step: Callable[[], int]) -> int:
    """Take a step that no signal cuts short."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: print("Cleaning up; this ends by itself.", flush=True))
    try:
        return step()
    finally:
        for number in _SIGNALS:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _place(aws: Aws) -> Place:
    zones = aws.client("ec2").describe_availability_zones(
        Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
    )
    names = sorted(each["ZoneName"] for each in zones["AvailabilityZones"])
    return Place(aws.partition, aws.region, aws.account, tuple(names))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make verify-aws ARGS=...", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument(
        "--preflight", action="store_true", help="only what a deployment with your settings needs"
    )
    parser.add_argument("--yes", action="store_true", help="create what has to be, without asking")
    for option in sorted({each.only_with for each in STAGES} - {""}):
        parser.add_argument(
            option, dest="stages", action="append_const", const=option, default=[],
            help=f"ask the stage {option[2:]}, too",
        )  # fmt: skip
    parser.add_argument(
        "--clean-up", action="store_true", help="only delete what a run that was killed has left"
    )
    parser.add_argument(
        "-c", dest="context", action="append", default=[], metavar="NAME=VALUE",
        help="a setting (docs/settings.md) over your own",
    )  # fmt: skip
    parser.add_argument(
        "--instance-type", action="append", help=f"whose quota to look up ({INSTANCE_TYPE})"
    )
    parser.add_argument("--image", help="of the training jobs; a prebuilt one of AWS's otherwise")
    parser.add_argument(
        "--json", type=Path, default=Path("build/verify-aws.json"), help="where to write it all"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
