"""Waits, saves a model and ends as told: the training script of `make verify-aws --train`.

It runs in an image of Python 3.6 or later.
"""

import argparse
import os
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--seconds", type=float, default=0)
arguments.add_argument("--code", type=int, default=0)
arguments.add_argument("--seed", type=int, default=0)
given = arguments.parse_args()
print("verify-aws: training", flush=True)
time.sleep(given.seconds)
with open(os.path.join(os.environ["SM_MODEL_DIR"], "model"), "w") as model:  # noqa: PTH118, PTH123
    model.write("no policy")
print("verify-aws: exits with", given.code, flush=True)
sys.exit(given.code)
