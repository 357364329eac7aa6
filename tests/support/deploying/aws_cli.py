"""The part of the AWS CLI that docs/deploy.md uses, on botocore, which the AWS CLI is made of.

python aws_cli.py SERVICE OPERATION [--parameter value | file://path] [--query Q] [--output F]
"""

import json
import os
import sys
from pathlib import Path

import botocore.session
import jmespath


def main(service: str, operation: str, *options: str) -> None:
    given = dict(zip(options[::2], options[1::2], strict=True))
    query, output = given.pop("--query", "@"), given.pop("--output", "json")
    session = botocore.session.Session()
    client = session.create_client(
        service, os.environ["AWS_REGION"], endpoint_url=os.environ["AWS_ENDPOINT_URL"]
    )
    name = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[name]
    ).input_shape
    members = shape.members if shape else {}
    spelled = {member.lower(): member for member in members}
    arguments = {
        spelled[option.removeprefix("--").replace("-", "")]: _value(value)
        for option, value in given.items()
    }
    found = jmespath.search(query, getattr(client, name)(**arguments))
    client.close()
    if output == "text":
        print("\t".join(found) if isinstance(found, list) else found)
    else:
        print(json.dumps(found, default=str))


def _value(text: str) -> str:
    return Path(text[7:]).read_text() if text.startswith("file://") else text


if __name__ == "__main__":
    main(*sys.argv[1:])
