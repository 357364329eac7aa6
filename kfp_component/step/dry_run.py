"""What the step shows of a dry run, which starts nothing."""

import json

from kfp_component.errors import ExitCode
from kfp_component.execution.result import DryRun
from kfp_component.step.failure import complain
from kfp_component.watch.progress import View


def show_request(dry_run: DryRun, view: View) -> int:
    """Show the request, and of a sweep its trials; return the exit code: there is no model."""
    trials = dry_run.output.get("trials")
    if isinstance(trials, dict):
        configurations = dry_run.output.get("configurations") or []
        view.say(f"{len(configurations)} configurations, {len(trials.get('rows') or [])} trials:")
        for each in configurations:
            view.say(f"  {json.dumps(each)}")
    view.say("dry_run is true: nothing was started. The request would have been:")
    view.say(json.dumps(dry_run.output.get("request"), indent=2))
    for note in dry_run.output.get("notes") or []:
        view.say(f"Note: {note}")
    view.close()
    complain("dry_run is true: the request is complete, nothing was started and there is no model.")
    return ExitCode.FAILED
