# Every command of this project. `make demo` and `make test` need Python 3.11 to 3.13, make and a C
# compiler (for one dependency), and nothing else: Node comes with the virtual environment.

# A Python that is named (make test PYTHON=python3.13) has an environment of its own.
VENV ?= $(if $(filter command environment,$(firstword $(origin PYTHON))),.venv-$(notdir $(PYTHON)),.venv)
BIN := $(VENV)/bin
NPX := node_modules/.bin
# A C-locale shell would break Python's and Node's output; nothing here wants the caller's AWS.
export PATH := $(abspath $(BIN)):$(CURDIR)/$(NPX):$(PATH)
# The tests start hundreds of interpreters, each of which would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE
FITS := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python $(FITS) 2>/dev/null \
	&& { echo $$python; break; }; done)

.PHONY: help environment demo local first-run static check test slow generate pictures synth properties soak bench offline sweep newsvendor \
	second-engine preflight verify-aws assume-role-policy drain component clean
.DEFAULT_GOAL := help

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

# --- the environment -----------------------------------------------------------------------------

INSTALL_LOG := $(VENV)/install.log

$(BIN)/.ready: requirements.txt pyproject.toml setup.py package-lock.json
	@test -n "$(PYTHON)" || { echo "make: needs Python 3.11, 3.12 or 3.13 on the PATH; found none" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON) (PYTHON=...); needs Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@$(PYTHON) $(FITS) || { echo "make: $(PYTHON) is $$($(PYTHON) --version); needs Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@command -v $(firstword $(CC) cc) >/dev/null || { echo "make: needs a C compiler ($(firstword $(CC) cc)) for sagemaker-training; found none" >&2; exit 1; }
	@echo "Installing the environment into $(VENV) and node_modules (once, about three minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) cannot make a virtual environment; on Debian install python3-venv" >&2; exit 1; }
	@{ python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.txt \
	&& python -m pip install --disable-pip-version-check --no-deps --editable . \
	&& npm ci; } > $(INSTALL_LOG) 2>&1 || { tail -n 20 $(INSTALL_LOG) >&2; echo "make: the installation failed; $(INSTALL_LOG) has all of it" >&2; exit 1; }
	@touch $@

environment: $(BIN)/.ready ## Install everything into .venv and node_modules.

# --- commands ------------------------------------------------------------------------------------

demo: $(BIN)/.ready ## Train a real policy through the whole path, without an AWS account.
	@python -m examples.demo

local: $(BIN)/.ready ## A local AWS with the stack deployed, until Ctrl-C (PORT=..., SETTINGS="name=value ...").
	@python -m examples.local $(if $(PORT),--port $(PORT)) $(SETTINGS)

first-run: $(BIN)/.ready ## A first run in the deployed stack (STACK=...), by the AWS settings of this shell.
	@python -m examples.first_run $(if $(STACK),--stack '$(STACK)') $(if $(EXAMPLE),--example $(EXAMPLE)) $(if $(INPUT),'$(INPUT)')

static: $(BIN)/.ready ## Format, lint, types, direction of imports.
	@ruff format --check --quiet . || { echo "run: ruff format ." >&2; exit 1; }
	@ruff check --quiet .
	@mypy --no-error-summary
	@lint-imports --no-cache > /dev/null || lint-imports --no-cache

check: static ## The static checks and the quick tests.
	@PROPERTY_EXAMPLES=25 python -m pytest tests/unit tests/contract tests/infra -m "not slow and not long" \
		-n 2 --dist worksteal

# The core's own tests must cover it. All others wait more than they compute: more workers than cores,
# in the order of the folders, so that the tests that wait come before those that compute.
CORE := tests/unit/training_job tests/unit/training_sweep tests/unit/lambdas

test: static ## Every test but the slow ones, and what the core's own tests cover of it.
	@python -m pytest $(CORE) -m "not slow" -n 2 --dist worksteal --cov=training_job --cov=training_sweep \
		--cov-report=term:skip-covered --cov-fail-under=97
	@python -m pytest tests/e2e tests/contract tests/infra tests/unit $(CORE:%=--ignore=%) -m "not slow" \
		-n 4 --dist loadfile --no-loadscope-reorder

slow: $(BIN)/.ready ## The slow tests: every kind of deployment, the kill matrix, the image's installation.
	@python -m pytest tests -m slow

generate: $(BIN)/.ready ## Write every generated file anew.
	@python -m tools.generate
	@python -m tests.support.template.permissions_page

pictures: $(BIN)/.ready ## The README's pictures of a run's report, with Chromium.
	@python -m tools.pictures

synth: $(BIN)/.ready ## Synthesize the CDK app into cdk.out.
	@cdk synth --quiet

properties: $(BIN)/.ready ## 10,000 generated inputs for each property of the arguments, 1,000 of others; longer paths.
	@PROPERTY_EXAMPLES=10000 python -m pytest tests/contract/request/test_service_model.py
	@PROPERTY_EXAMPLES=1000 python -m pytest tests/unit tests/contract/request/test_arguments_schema.py -m hypothesis -n 2
	@MORE_DEVIATIONS=1 python -m pytest tests/contract/definition -k every_path

soak: $(BIN)/.ready ## 200 executions under faults, 40 short of instances; sweeps: under faults, stopped at a third, short of instances.
	@python -m bench.soak
	@python -m bench.quota
	@python -m bench.sweeps.soak
	@python -m bench.sweeps.stop
	@python -m bench.sweeps.capacity

bench: $(BIN)/.ready ## Every figure that the documents quote, with its budget (RECORD=1 keeps them).
	@for bench in local_aws nested_map build_request synth overhead step.launcher step.quota \
		sweeps.largest sweeps.quota sweeps.launcher; do \
		echo "== $$bench"; RECORD=$(RECORD) python -m bench.$$bench || exit 1; done

offline: $(BIN)/.ready ## Learn a policy from logged episodes, through the whole path.
	@python -m examples.demo offline

sweep: $(BIN)/.ready ## 200 real trainings in one execution and one pod, compared with a plain loop.
	@python -m examples.sweep.sweep

newsvendor: $(BIN)/.ready $(BIN)/.ray ## The toolkit example, trained on Ray.
	@python -m examples.demo newsvendor

$(BIN)/.ray: requirements-newsvendor.txt $(BIN)/.ready
	@echo "Installing Ray (once) ..."
	@python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-newsvendor.txt
	@touch $@

# Not the project's environment: the interpreter of LocalStack wants Python 3.13 and pins botocore.
SECOND := .venv-second-engine
SECOND_PYTHON ?= $(shell for python in python3.13 $(BIN)/python python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)

second-engine: $(BIN)/.ready ## Every row of docs/outcomes.md and docs/sweeps.md in the interpreter of LocalStack.
	@test -n "$(SECOND_PYTHON)" || test -x $(SECOND)/bin/python \
	|| { echo "make: skipped, for it needs Python 3.13 (SECOND_PYTHON=...); found none"; exit 0; } \
	&& $(MAKE) --no-print-directory $(SECOND)/.ready \
	&& $(SECOND)/bin/python -m tools.second_engine $(ARGS)

$(SECOND)/.ready: requirements-second-engine.txt
	@echo "Installing the second engine into $(SECOND) (once) ..."
	@$(or $(SECOND_PYTHON),$(SECOND)/bin/python) -c 'import sys; sys.version_info[:2] == (3, 13) or sys.exit("make: the second engine needs Python 3.13; SECOND_PYTHON is " + sys.version)'
	@test -x $(SECOND)/bin/python || $(SECOND_PYTHON) -m venv $(SECOND)
	@$(SECOND)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

preflight: $(BIN)/.ready ## What a deployment with your settings needs of the account: endpoint services, zones, quotas.
	@python -m tools.verify_aws --preflight $(ARGS)

verify-aws: $(BIN)/.ready ## What is assumed of AWS, asked of an account (ARGS="--help" lists the choices).
	@python -m tools.verify_aws $(ARGS)

assume-role-policy: $(BIN)/.ready ## Trust and policy of a role to assume (ARGS="--help" lists the choices).
	@python -m infra.roles.assume_role_policy $(ARGS)

drain: $(BIN)/.ready ## Before destroying or renaming a deployment: wait for what runs (ARGS=--stop stops it).
	@python -m infra.operations.drain $(ARGS)

component: $(BIN)/.ready ## Write your site's component.yaml (IMAGE=... [SWEEP=1] [STACK=... or STATE_MACHINE_ARN=... REGION=... ROLE=...] [OUTPUT=...]).
	@python -m kfp_component.author.site_component --image "$(IMAGE)" --stack "$(STACK)" \
		--state-machine-arn "$(STATE_MACHINE_ARN)" --region "$(REGION)" --role "$(ROLE)" \
		$(if $(SWEEP),--sweep) --output "$(or $(OUTPUT),$(if $(SWEEP),sweep_)component.yaml)"

clean: ## Remove what the commands made, but for .venv and node_modules.
	@rm -rf cdk.out build demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
