"""What the pages tell a reader to type, exists."""

import ast
import importlib.util
import json
import re
from pathlib import Path

import botocore.session
import pytest
from google.protobuf.json_format import MessageToDict
from kfp import compiler

from infra.settings.model import Settings
from local_aws.faults.endpoint import PATH as FAULTS_PATH
from local_aws.sagemaker.api.operations import LOCAL_INTERRUPT
from tests.unit.docs.pages import PAGES, ROOT, blocks, name
from tests.unit.docs.programs import PROGRAMS, makefile, others, own, pip
from tests.unit.docs.shell import commands, given, inline, script
from training_job import parse_arguments
from training_sweep.arguments.model import SweepArguments
from training_sweep.parsing import parse_sweep

OURS = "AWS|infra|tests|tools|examples|bench|docs|kfp_component|lambdas|local_aws|training_\\w+"
ILLUSTRATIONS = {"my_training"}
"""Folders of a reader's own. (docs/kfp-backend.md has paths of KFP and Argo.)"""


def test_the_pages_give_commands():
    found = [words for page in PAGES for words in given(page).commands]
    assert len(found) > 120
    assert {words[0] for words in found} > {"make", "aws", "cdk", "git", "pip", "python", "docker"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_one_that_its_program_takes(page):
    wrong = {
        " ".join(words): PROGRAMS[words[0]](words[1:])
        if words[0] in PROGRAMS
        else "no such program"
        for words in given(page).commands
    }
    assert {command: problems for command, problems in wrong.items() if problems} == {}


def test_what_a_program_does_not_take_is_noticed():
    """One of each sort, so that a checker that has become blind is noticed too."""
    wrong = f"""
        make tset
        make component IMG=x
        make verify-aws ARGS=--bogus
        make drain ARGS=--nonsense
        make local SETTINGS=max_rum=1
        python script.py
        python -m bench.nothing
        python -m local_aws --prot 1
        python -m kfp_component --executor
        pip instal x
        pip install sagemaker_rl-0.1.0-py3-none-any.whl
        pip install {pip.WHEEL}[infrastructure]
        cdk deploi
        cdk deploy --quite
        cdk deploy -c retain_dat=false
        cdk deploy --require-approval no
        aws stepfunction list-executions
        aws stepfunctions start
        aws stepfunctions start-execution --state-machine x
        aws stepfunctions start-execution --name x
        git chekout x
        docker buildx build --sbom
        tar -x
    """
    lines = [line.split() for line in wrong.strip().splitlines()]
    assert [" ".join(line) for line in lines if not PROGRAMS[line[0]](line[1:])] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_option_in_the_text_is_one_of_a_program_of_the_page(page):
    """Such as `--stop-grace SECONDS` in a table; a word behind it means that it takes one."""
    codes = [code.removeprefix("ARGS=") for code in inline(page)]
    named = [
        each
        for code in codes
        if re.match(r"--[a-z]", code)
        for each in re.findall(r"(--[\w-]+)(?: ([^-\s]\S*))?", code)
    ]
    known = options(page) if named else {}
    for option, value in named:
        assert option in known, option
        assert known[option] in (None, bool(value)), option


def options(page):
    """Return the options of the page's programs: whether each takes a value, None if unknown."""
    found = {}
    for program, *_ in given(page).commands:
        if program in others.OPTIONS:
            found |= dict.fromkeys(" ".join(others.OPTIONS[program].values()).split())
    for module in modules(page):
        for action in own.parser(module)._actions if is_parsed(module) else ():
            found |= dict.fromkeys(action.option_strings, action.nargs != 0)
    return found


def modules(page):
    """Return our modules that a page runs, itself or by make, and the scripts that it links."""
    for program, *words in given(page).commands:
        if program == "make":
            yield from re.findall(r"python -m ([\w.]+)", makefile.recipe(words[0]))
        elif words[:1] == ["-m"]:
            yield words[1]
    for path in re.findall(
        r"\]\([./]*(examples/(?:cartpole|offline)/train)\.py\)", page.read_text()
    ):
        yield path.replace("/", ".")


def is_parsed(module):
    file = own.source(module)
    return file is not None and "argparse" in file.read_text()


def test_what_is_asked_of_the_local_aws_by_hand_is_what_it_answers():
    asked = [words for _, words in commands("curl")]
    addresses = [word for words in asked for word in words if re.match(r"http|/_", word)]
    told = [code for page in PAGES for code in inline(page) if re.match("[A-Z]+ /_", code)]
    paths = {re.search(r"^(?:http://[\w.:]+)?([^?]*)", each)[1] for each in addresses}
    paths |= {each.split()[-1].partition("?")[0] for each in told}
    assert len(asked) == 2
    assert paths <= {FAULTS_PATH, "/_ministack/reset", ""}
    targets = [word.partition(": ")[2] for words in asked for word in words if "X-Amz-T" in word]
    assert targets == [f"LocalAws.{LOCAL_INTERRUPT}"]


def test_the_table_of_the_local_aws_has_the_options_and_defaults_of_its_program():
    rows = dict(
        re.findall(
            r"^\| `(--[\w-]+).*?` \| (.*) \|$", (ROOT / "local_aws/README.md").read_text(), re.M
        )
    )
    actions = [each for each in own.parser("local_aws")._actions if each.dest != "help"]
    assert list(rows) == [each.option_strings[0] for each in actions]
    for option, row in zip(actions, rows.values(), strict=True):
        told = re.search(r"Default (\d+)", row)
        assert (told and float(told[1])) == (option.default or None)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_variable_that_is_set_is_read_by_something(page):
    read = {"PATH", "ARGO_POD_STATUS_CAPTURE_FINALIZER"}  # the shell's, Argo's
    read |= set(re.findall(r"\$\((?:if |or |origin )?\$?\(?([A-Z_]+)", makefile.MAKEFILE))
    session = botocore.session.Session()
    read |= {name for _, names, *_ in session.session_var_map.values() for name in as_list(names)}
    read |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"}
    ministack = Path(importlib.util.find_spec("ministack").origin).parent
    text = (ministack / "services" / "stepfunctions.py").read_text()
    read |= set(re.findall(r'os\.environ\.get\("([A-Z_]+)"', text))
    read |= set(re.findall(r"\$([A-Z_]+)\b", page.read_text()))  # by a later command of the page
    assert given(page).variables <= read


def as_list(names):
    return [names] if isinstance(names, str) else names or []


def test_every_target_is_phony_and_says_what_it_does():
    text = makefile.MAKEFILE
    phony = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", text, re.MULTILINE)[1].split()) - {"\\"}
    told = set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE))
    assert phony == makefile.TARGETS
    assert phony - told <= {"help"}


def test_every_setting_that_is_given_to_the_cdk_is_one():
    named = {
        found
        for page in PAGES
        for code in [*inline(page), script(page)]
        for found in re.findall(r"(?:^|\s|\")-c (\w+)=", code)
    } - {"name", "NAME"}
    assert named
    assert named <= set(Settings.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_is_there_or_made_by_the_page(page):
    words = [word for command in given(page).commands for word in command]
    files = {word.removeprefix("file://") for word in words if word.startswith("file://")}
    folders = {words[words.index("-C") + 1]} if "-C" in words else set()
    paths = {
        code.partition(":")[0]
        for code in ([*words, *inline(page)] if page.name != "kfp-backend.md" else [])
        if re.fullmatch(rf"(?:{OURS})/[\w./-]+(?::\w+)?", code)
    }
    for path in files | folders | paths:
        there = (ROOT / path).exists() or (page.parent / path).exists()
        assert there or path in given(page).made | ILLUSTRATIONS, path


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: name(block.page))
def test_json_is_json(block):
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: name(block.page))
def test_python_is_python(block):
    ast.parse(re.sub(r",\s*\.\.\.(?=\s*[])}])", "", block.text))


def test_the_pipeline_of_the_readme_compiles(tmp_path):
    (block,) = [each for each in blocks("python") if each.page == ROOT / "README.md"]
    namespace = {}
    exec(block.text, namespace)
    compiler.Compiler().compile(namespace["train"], str(tmp_path / "train.yaml"))
    assert "train-rl-model" in (tmp_path / "train.yaml").read_text()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_words_are_anybodys(page):
    odd = r"ignored beside|for ever\b|the only door|three doors|be it that|none that is known"
    assert not re.findall(odd, page.read_text(), re.IGNORECASE)


@pytest.mark.parametrize(
    ("called", "parse"), [("train_rl_model", parse_arguments), ("sweep_rl_model", parse_sweep)]
)
def test_a_task_of_the_steps_page_needs_no_more_arguments(called, parse):
    """The first block of each on docs/kfp-step.md, with the values of the pipeline's inputs."""
    import_line = f"from kfp_component import {called}\n"
    block = next(
        each
        for each in blocks("python")
        if each.page == ROOT / "docs" / "kfp-step.md" and import_line in each.text
    )
    namespace = {}
    exec(block.text, namespace)
    (task,) = namespace["pipeline"].pipeline_spec.root.dag.tasks.values()
    inputs = {
        "role": "arn:aws:iam::123456789012:role/RlTrainingJob",
        "source_dir": "s3://my-bucket/source/code.tar.gz",
        "models": "s3://my-bucket/models",
    }
    given = {}
    for argument, value in task.inputs.parameters.items():
        if value.component_input_parameter:
            given[argument] = inputs.get(value.component_input_parameter)
        else:
            given[argument] = MessageToDict(value.runtime_value.constant)
    parse({each: given[each] for each in given if each in SweepArguments.model_fields})
    assert set(inputs.values()) < {value for value in given.values() if isinstance(value, str)}
