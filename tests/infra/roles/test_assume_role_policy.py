"""`make assume-role-policy` reads the deployment's settings and says what is wrong in words."""

import json

import pytest

from infra.roles import assume_role_policy

SUBMITTER = "arn:aws:iam::210987654321:role/submitter"
TRAINER = "arn:aws:iam::210987654321:role/trainer"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining"
MACHINE_ROLE = "arn:aws:iam::123456789012:role/machine"


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs the command in a project with these files; returns its exit code and what it printed."""
    asked = []

    def deployed(stack):
        asked.append(stack)
        return MACHINE, MACHINE_ROLE, "us-east-1"

    monkeypatch.setattr(assume_role_policy, "_deployed", deployed)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def command(*arguments, **files):
        for name, content in files.items():
            (tmp_path / f"{name.replace('_', '.')}.json").write_text(json.dumps(content))
        code = assume_role_policy.main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err, asked

    return command


def test_it_reads_the_settings_of_the_deployment(run):
    settings = {
        "stack_name": "Mine",
        "assumable_roles": [SUBMITTER],
        "allowed_job_roles": [TRAINER],
        "max_run_limit": 60,
    }
    flags = {"context": {"@aws-cdk/core:x": True, "max_run_limit": 70}}
    options = ("-c", f"required_encryption_key=arn:aws:kms:us-east-1:{12 * '1'}:key/a-b")
    code, out, err, asked = run(*options, cdk_context=settings, cdk=flags)
    assert (code, err, asked) == (0, "", ["Mine"])
    document = json.loads(out)
    assert document["role"] == SUBMITTER
    by_arn, by_old_name, _, passed = document["permissions_policy"]["Statement"]
    for each in (by_arn, by_old_name):
        assert each["Condition"]["NumericLessThanEquals"] == {"sagemaker:MaxRuntimeInSeconds": "70"}
    assert "sagemaker:OutputKmsKeyArn" in by_arn["Condition"]["ArnEquals"]
    assert "sagemaker:OutputKmsKey" in by_old_name["Condition"]["ArnEquals"]
    assert passed["Resource"] == [TRAINER]


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        ((), {}, "No role: give --role"),
        (("--role", "submitter"), {}, '--role got "submitter"; allowed: ARNs of IAM'),
        (("--role", SUBMITTER), {}, "No job role in account 210987654321"),
        (("--role", SUBMITTER, "--job-role", "trainer"), {}, '--job-role got "trainer"; allowed'),
        (("--role", SUBMITTER), {"max_run_limit": 0}, "max_run_limit: got 0"),
        (("-c", "stack_nam=x"), {}, "did you mean stack_name?"),
    ],
    ids=str,
)
def test_what_is_wrong_is_a_message(run, arguments, settings, says):
    code, out, err, asked = run(*arguments, cdk_context=settings)
    assert (code, out, asked) == (1, "", [])
    assert says in err
    assert "roles[0]" not in err


def test_roles_that_the_settings_lack_are_printed_with_a_word(run):
    settings = {"allowed_job_roles": [TRAINER]}
    code, out, err, _ = run("--role", SUBMITTER, "--job-role", TRAINER, cdk_context=settings)
    assert (code, json.loads(out)["role"]) == (0, SUBMITTER)
    (line,) = err.splitlines()
    assert line.startswith(f"{SUBMITTER} is not in the setting assumable_roles: ")


@pytest.mark.parametrize("other", ["--role", "--job-role"])
def test_roles_of_another_partition_are_refused(run, other):
    roles = {"--role": SUBMITTER, "--job-role": TRAINER}
    roles[other] = roles[other].replace("arn:aws:", "arn:aws-cn:")
    code, out, err, _ = run(*(word for option in roles.items() for word in option))
    assert (code, out) == (1, "")
    assert f"Of another partition than the deployment's, aws: {roles[other]}" in err


def test_a_file_that_is_no_json_is_named(run, tmp_path):
    (tmp_path / "cdk.context.json").write_text("{")
    code, _, err, _ = run()
    assert code == 1
    assert "cdk.context.json is not JSON" in err


def test_a_file_of_a_list_is_named(run):
    code, _, err, _ = run(cdk_context=["max_run_limit"])
    assert code == 1
    assert "cdk.context.json: not a JSON object" in err
