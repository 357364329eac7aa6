"""No execution within a deployment's limits reaches the state machine's timeout."""

import pytest

from tests.support.template.deployments import DEPLOYMENTS
from tests.support.template.resolving import Resolver
from training_job.timeouts import execution_timeout


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_executions_timeout_follows_from_the_limit(templates, name):
    definition = Resolver(templates[name]).definition()
    limit = DEPLOYMENTS[name].get("max_run_limit", 432_000)
    assert definition["TimeoutSeconds"] == execution_timeout(limit)
    assert definition["TimeoutSeconds"] >= 10 * limit
