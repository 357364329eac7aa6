"""The arguments of a sweep: a training's, and what varies, over which seeds, judged by what.

As in training_job, one field each holds an argument's name, type, default, limits and
text; KFP inputs, documents and the JSON Schema are generated from the model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from training_job.arguments import forms, limits
from training_job.arguments.model import Documented, Switch, TagKey, TagValue, TrainingArguments
from training_job.arguments.shapes import CheckpointConfig
from training_sweep.arguments import forms as sweep_forms
from training_sweep.limits import MAX_PARALLEL, MAX_TRIALS
from training_sweep.space import Range

SWEEP_TAG, CONFIGURATION_TAG, SEED_TAG = "rl-sweep", "rl-configuration", "rl-seed"
TRIAL_TAGS = dict.fromkeys([SWEEP_TAG, CONFIGURATION_TAG, SEED_TAG], "the sweep's own")
"""Tags by which the training jobs of a sweep are found, and their costs told apart."""

MAX_TAGS = limits.MAX_USER_TAGS - len(TRIAL_TAGS)

LONGEST_PREFIX = 51
"""Characters of `job_name`: with the longest suffix, -t007-r12-12, they are SageMaker's 63."""

LONGEST_CHECKPOINT_URI = 1024 - len("/t007")

_Text = BeforeValidator(forms.text)
_Whole = BeforeValidator(forms.no_boolean)


def _check_tags(value: dict[str, str]) -> dict[str, str]:
    return limits.check_tags(value, most=MAX_TAGS, taken=limits.STEP_FUNCTIONS_TAGS | TRIAL_TAGS)


def _check_name(value: str) -> str:
    if wrong := limits.wrong_in_name(value):
        raise ValueError("; ".join(wrong))
    return value


def _check_checkpoints(value: CheckpointConfig | None) -> CheckpointConfig | None:
    if value and len(value.S3Uri) > LONGEST_CHECKPOINT_URI:
        raise ValueError(f"S3Uri has {len(value.S3Uri)} characters")
    return value


class SweepArguments(TrainingArguments):
    """A training's arguments, of which four mean a little more, and the sweep's own.

    Make one with `training_sweep.parsing.parse_sweep`.
    """

    job_name: Annotated[
        Annotated[
            str,
            Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", max_length=LONGEST_PREFIX),
        ]
        | None,
        _Text,
        Field(
            description="Beginning of the training jobs' names: that of trial 7 is called "
            "JOB_NAME-t007. Default: each has a name `TrainingJob-[datetime]-[random id]`.",
        ),
        Documented(
            allowed=f"1 to {LONGEST_PREFIX} letters, digits and inner hyphens",
            sets="`TrainingJobName`; the `sagemaker_job_name` hyperparameter",
            example="cartpole-2026-01-31",
        ),
    ] = None
    checkpoint_config: Annotated[
        CheckpointConfig | None,
        AfterValidator(_check_checkpoints),
        BeforeValidator(forms.section),
        Field(
            description="Where checkpoints are kept: those of trial 7 below S3Uri/t007, so that "
            "each trial resumes its own. Give every sweep an S3Uri of its own, or its trials "
            "resume what those of another sweep left there. Default: nowhere."
        ),
        Documented(
            allowed=f"a map with S3Uri, of at most {LONGEST_CHECKPOINT_URI} characters, and, if "
            "wanted, LocalPath",
            sets="`CheckpointConfig`",
            example={"S3Uri": "s3://my-bucket/checkpoints", "LocalPath": "/opt/ml/checkpoints"},
            api="API_CheckpointConfig",
        ),
    ] = None
    tags: Annotated[
        dict[TagKey, TagValue],
        BeforeValidator(forms.tags),
        AfterValidator(_check_tags),
        Field(
            description="Tags of the training jobs. Each has three more: "
            f"{SWEEP_TAG}, {CONFIGURATION_TAG} and {SEED_TAG}."
        ),
        Documented(
            allowed=f"at most {MAX_TAGS}, as a map or a list of {{Key, Value}}: keys of 1 to 128 "
            "and values of at most 256 letters, digits, spaces and _.:/=+-@; no key beginning "
            "with aws:",
            sets="`Tags`",
            example={"team": "rl"},
            api="API_Tag",
        ),
    ] = {}  # noqa: RUF012 (pydantic copies it)
    dry_run: Annotated[
        Switch,
        Field(description="Return the trials and the first request, and start nothing."),
        Documented(
            allowed="true or false",
            sets="whether trials are started",
            example=False,
            api="",
        ),
    ] = False
    space: Annotated[
        dict[str, list[Any] | Range] | None,
        BeforeValidator(sweep_forms.space),
        Field(
            description="Hyperparameters that vary: a list of values, or a range of numbers, for "
            "each. Every combination of lists is a configuration, unless `samples` asks for random "
            "ones. Default: without `configurations` too, only the seed varies.",
        ),
        Documented(
            allowed="a map of names, as `hyperparameters` has them, to lists of different values, "
            "or to maps with min, max, scale (linear, unless given, or log, which needs a min "
            "above 0) and type (float, unless given, or int)",
            sets="`HyperParameters`",
            example={"lr": {"min": 0.0001, "max": 0.01, "scale": "log"}, "layers": [1, 2]},
        ),
    ] = None
    samples: Annotated[
        Annotated[int, Field(ge=1, le=MAX_TRIALS)] | None,
        _Whole,
        Field(
            description="Configurations to draw from `space` at random, all different. A space "
            "that holds no more than these is tried whole. Default: every combination, which "
            "needs a space of lists.",
        ),
        Documented(
            allowed=f"a whole number from 1 to {MAX_TRIALS}, with `space`",
            sets="how many configurations there are",
            example=20,
            api="",
        ),
    ] = None
    sampling_seed: Annotated[
        int,
        Field(ge=0, le=sweep_forms.LARGEST_SEED),
        _Whole,
        Field(description="Seed of the draws: the same seed and space draw the same."),
        Documented(
            allowed=f"a whole number from 0 to {sweep_forms.LARGEST_SEED}",
            sets="which configurations `samples` draws",
            example=0,
            api="",
        ),
    ] = 0
    configurations: Annotated[
        list[dict[str, Any]] | None,
        BeforeValidator(sweep_forms.configurations),
        Field(
            description="The configurations themselves, instead of `space`: the hyperparameters "
            "of each that vary. Default: those of `space`.",
        ),
        Documented(
            allowed="a list of different maps of names to values, as `hyperparameters` has them",
            sets="`HyperParameters`",
            example=[{"lr": 0.001, "layers": 1}, {"lr": 0.0003, "layers": 2}],
        ),
    ] = None
    seeds: Annotated[
        list[int],
        BeforeValidator(sweep_forms.seeds),
        Field(
            description="Seeds with which each configuration is trained. Five tell something, ten "
            "more; a single one tells how lucky it was. Default: the seed 1.",
        ),
        Documented(
            allowed="how many (3 means 1, 2 and 3), or a comma-delimited or JSON list of different "
            f"whole numbers from 0 to {sweep_forms.LARGEST_SEED}",
            sets="the hyperparameter that `seed_hyperparameter` names",
            example="5",
            api="",
        ),
    ] = [1]  # noqa: RUF012
    seed_hyperparameter: Annotated[
        str,
        _Text,
        AfterValidator(_check_name),
        Field(
            description="Hyperparameter that passes the seed to the script, which has to use it."
        ),
        Documented(
            allowed=f"a name of at most {limits.MAX_HYPERPARAMETER_NAME} characters that does not "
            f"begin with {limits.RESERVED_PREFIX} and stands in none of `hyperparameters`, `space` "
            "and `configurations`",
            sets="`HyperParameters`",
            example="seed",
        ),
    ] = "seed"
    objective_metric: Annotated[
        Annotated[str, Field(min_length=1, max_length=255)],
        _Text,
        Field(
            description="Metric by whose last value trials are compared. A trial that ends without "
            "one has failed.",
        ),
        Documented(
            allowed="the name of a metric in `metric_definitions` or, with a toolkit image, of one "
            "of its default metrics",
            sets="what the statistics are of",
            example="episode_reward_mean",
            api="API_MetricData",
        ),
    ]
    objective_type: Annotated[
        Literal["maximize", "minimize"],
        _Text,
        Field(description="Whether more of the metric is better, or less."),
        Documented(
            allowed="maximize or minimize",
            sets="which configuration and which seed is the best",
            example="maximize",
            api="",
        ),
    ] = "maximize"
    max_parallel: Annotated[
        int,
        Field(ge=1, le=MAX_PARALLEL),
        _Whole,
        Field(description="Trials that run at the same time."),
        Documented(
            allowed=f"a whole number from 1 to {MAX_PARALLEL}, or to the deployment's limit",
            sets="`MaxConcurrency` of the state that runs the trials",
            example=10,
            api="",
        ),
    ] = 10
    max_failed_trials: Annotated[
        Annotated[int, Field(ge=0, le=MAX_TRIALS)] | None,
        _Whole,
        Field(
            description="Trials that may fail; with more, the sweep fails once all have ended. "
            "Default: a tenth of the trials, rounded down.",
        ),
        Documented(
            allowed=f"a whole number from 0 to {MAX_TRIALS}",
            sets="when a sweep ends in TrialsFailed",
            example=2,
            api="",
        ),
    ] = None
    pilot: Annotated[
        Switch,
        Field(
            description="Run the first trial alone, and the others only if it succeeds: a mistake "
            "then costs one training.",
        ),
        Documented(
            allowed="true or false",
            sets="whether the first trial runs before the others",
            example=False,
            api="",
        ),
    ] = False

    def training(self) -> dict[str, Any]:
        """Return the training's arguments among those given, as JSON, but for `dry_run`.

        One that was given as {}, for none, is left out.
        """
        names = self.model_fields_set & set(TrainingArguments.model_fields) - {"dry_run"}
        found = self.model_dump(mode="json", include=names, exclude_unset=True)
        return {name: value for name, value in found.items() if value is not None}
