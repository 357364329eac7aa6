"""The templates as they were last reviewed; `pytest tests/infra --snapshot-update` renews them."""

import json
import re

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

from tests.support.template.deployments import DEPLOYMENTS

_HASHES = re.compile(r"[0-9a-f]{64}|(?<=CurrentVersion)\w{40}")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_template_is_the_reviewed_one(templates, name, snapshot):
    template = json.loads(_HASHES.sub("HASH", json.dumps(templates[name])))
    for resource in template["Resources"].values():
        # The definition has tests of its own, and is reviewed as Python.
        resource["Properties"].pop("DefinitionString", None)
    assert template == snapshot(extension_class=JSONSnapshotExtension)
