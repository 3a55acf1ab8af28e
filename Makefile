# Everything a developer runs; `make` alone lists it. Environments are made when first needed, and again
# when their pins change.

PYTHON ?= python3.13
ARCH ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
BUILD_DIR ?= .aws-sam/build
MINUTES ?= 5
BIN := .venv/bin
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} .venv-sam/bin/sam
CODE := shared/session_management functions infra tests
DEBIAN_PACKAGES := postgresql redis-server pgbouncer chromium chromium-driver
ORIGINAL := tests/interop/original
CDK := tests/interop/cdk

# Compiled once, the tests' modules take each process half the time to collect.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- Run ------------------------------------------------------------------------------------------

.PHONY: demo
demo: .venv/made ## Start everything here, walk through the service, print each request and answer.
	@$(BIN)/python -m infra.local.demo

.PHONY: run
run: .venv/made ## Keep the demo's stack open on http://127.0.0.1:8080 (PORT=..., ENVIRONMENTS=...).
	@$(BIN)/python -m infra.local.run

.PHONY: build
build: .venv/made .venv-sam/made ## Build the layer and the functions for this machine (ARCH=x86_64|arm64).
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(SAM) build --build-dir "$(BUILD_DIR)" \
		--parameter-overrides Architecture=$(ARCH)
	@[ $(ARCH) = arm64 ] || echo "This is for $(ARCH): invoke or deploy it with --parameter-overrides Architecture=$(ARCH)."

.PHONY: deploy
deploy: .venv/made .venv-sam/made ## Deploy an environment of samconfig.toml: ENV=dev|staging|prod.
	@[ "$(ENV)" ] || { echo "Which environment? make deploy ENV=dev, or another of samconfig.toml." >&2; exit 1; }
	@trap 'rm -f .aws-sam/$(ENV).yaml' EXIT; \
		PYTHONPATH=shared:. $(BIN)/python -m infra.deployment $(ENV) .aws-sam/$(ENV).yaml \
		&& PATH="$(CURDIR)/$(BIN):$$PATH" $(SAM) build --parameter-overrides file://.aws-sam/$(ENV).yaml \
		&& SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam deploy --config-env $(ENV) --parameter-overrides file://.aws-sam/$(ENV).yaml

.PHONY: invoke
invoke: docker build ## Run `sam local invoke` over all event files; needs Docker.
	@$(BIN)/pytest tests/packaging/sam_local_invoke.py

.PHONY: docker
docker:
	@docker info >/dev/null 2>&1 || { echo "This needs Docker, and no Docker answers." >&2; exit 1; }

# --- Test -----------------------------------------------------------------------------------------

.PHONY: test
test: packaging-environments .venv/made-fuzz ## Run every test that needs nothing but wheels.
	@$(BIN)/pytest --numprocesses auto --dist worksteal tests/unit tests/contract tests/functions tests/integration
	@$(BIN)/pytest --numprocesses auto --dist loadfile tests/packaging tests/mutations tests/standards
	@$(BIN)/pytest --numprocesses auto --dist loadfile tests/fuzz tests/machine
	@$(BIN)/pytest tests/load
	@$(BIN)/pytest -rs tests/e2e  # skipped, unless make e2e asks for them

.PHONY: fuzz
fuzz: .venv/made-fuzz ## Fuzz every door for longer than the tests do (MINUTES=5; FUZZERS="events cookies").
	@PYTHONPATH=shared:. $(BIN)/python -m tests.fuzz.run --minutes $(MINUTES) $(FUZZERS)

.PHONY: soak
soak: .venv/made ## Drive many environments over breaking stores at random for longer than the tests do (MINUTES=5, SEED=...).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.machine.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

.PHONY: load
load: .venv/made ## Keep killing both stores under load for longer than the tests do (REQUESTS=..., WORKERS=..., ROUNDS=...).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.load.run \
		$(if $(REQUESTS),--requests $(REQUESTS)) $(if $(WORKERS),--workers $(WORKERS)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: crowd
crowd: .venv/made ## Measure a busy service's environments at once, sessions by Zipf's law (WORKERS=200, SECONDS=180, LIVE=20000).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.load.crowd \
		$(if $(WORKERS),--workers $(WORKERS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(LIVE),--live $(LIVE))

.PHONY: mutants
mutants: .venv/made ## Plant a bug for every rule, one at a time, and see a test fail for each (ONLY=<id>, MACHINE=1, WRITE=1).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.mutations.run \
		$(if $(ONLY),--only $(ONLY)) $(if $(MACHINE),--machine) $(if $(WRITE),--write)

.PHONY: timing
timing: .venv/made ## Measure whether the time of a failed login tells why it failed (ROUNDS=..., MARGIN=...).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.login_timing \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(MARGIN),--margin $(MARGIN))

.PHONY: bench
bench: .venv/made ## Measure how much longer a validation takes than a bare GET, at each layer (ROUNDS=..., INSTRUCTIONS=1, JSON=..., KEEP=1).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.bench $(BENCHMARK)
	@$(if $(KEEP),$(MAKE) --no-print-directory bench-picture)

.PHONY: bench-cold
bench-cold: packaging-environments ## Measure how long a built function takes from nothing to its first answer (ROUNDS=..., BESIDE=<commit>, JSON=..., KEEP=1).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.cold_start $(BENCHMARK) $(if $(BESIDE),--beside "$(BESIDE)")
	@$(if $(KEEP),$(MAKE) --no-print-directory bench-picture)

.PHONY: bench-logins
bench-logins: .venv/made ## Measure how much longer a login and a logout take than their bare statements (as make bench).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.logins $(BENCHMARK)
	@$(if $(KEEP),$(MAKE) --no-print-directory bench-picture)

# What every benchmark may be asked for.
BENCHMARK = $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(INSTRUCTIONS),--instructions) \
	$(if $(JSON),--json "$(JSON)") $(if $(KEEP),--keep)

.PHONY: bench-sweep
bench-sweep: .venv/made ## Measure a sweep beside a plain DELETE, and what others wait for meanwhile (ROWS=..., EXPIRED=..., ROUNDS=..., JSON=..., KEEP=1).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.sweeping \
		$(if $(ROWS),--rows $(ROWS)) $(if $(EXPIRED),--expired $(EXPIRED)) $(BENCHMARK)
	@$(if $(KEEP),$(MAKE) --no-print-directory bench-picture)

.PHONY: bench-picture
bench-picture: .venv/made-picture ## Write the tables of docs/performance.md and draw docs/benchmark.png, from the runs that are kept.
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.picture

.PHONY: growth
growth: .venv/made ## Measure what a million sessions take in both stores, and whether a validation takes longer (ROWS=..., ROUNDS=...).
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.rows $(if $(ROWS),--rows $(ROWS))
	@PYTHONPATH=shared:. $(BIN)/python -m tests.benchmarks.growth $(if $(ROWS),--most $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: previous-release
previous-release: ## Keep the functions of a release for the tests of the next one's schema (RELEASE=a tag or commit).
	@[ "$(RELEASE)" ] || { echo "Which release? make previous-release RELEASE=v0.1.0, or a commit." >&2; exit 1; }
	@git archive --format=zip -9 --output tests/integration/database/previous_release/release.zip \
		"$(RELEASE)" shared/session_management functions infra/database/migrations

.PHONY: scan
scan: .venv/made .venv-sam/made .venv-scan/made ## Lint and scan every combination of choices; print the findings of each before and after suppressions.
	@PYTHONPATH=shared:. $(BIN)/python -m tests.packaging.scan

.PHONY: asvs
asvs: .venv/made ## Write docs/asvs.md: which requirement of ASVS and NIST is held by which tests.
	@PYTHONPATH=shared:. $(BIN)/python -m tests.standards.matrix

.PHONY: dashboard
dashboard: .venv/made ## Write the dashboard into its stack, from the metrics that the code has and the stack's alarms.
	@PYTHONPATH=shared:. $(BIN)/python -m infra.dashboard

.PHONY: picture
picture: dashboard .venv/made-picture ## Draw docs/dashboard.png, the dashboard of a synthetic day.
	@PYTHONPATH=shared:. $(BIN)/python -m infra.dashboard.picture docs/dashboard.png

.PHONY: test-system
test-system: .venv/made-system debian-packages ## Run the tests that need Debian packages, which it installs.
	@$(BIN)/pytest tests/system
	@PYTHONPATH=shared:. $(BIN)/pytest tests/contract -p tests.contract.debian

.PHONY: test-interop
test-interop: .venv/made $(ORIGINAL)/node_modules/made $(CDK)/node_modules/made ## Run the tests beside the original application, which need Node.js.
	@$(BIN)/pytest tests/interop

.PHONY: e2e
e2e: .venv/made .venv-sam/made ## Deploy to an AWS account, try everything there, and take it down; costs a few dollars.
	@SESSIONS_E2E=1 $(BIN)/pytest -v tests/e2e

.PHONY: check
check: static test ## Run all that CI runs, but for test-system and test-interop; the quick checks first.

.PHONY: static
static: .venv/made-system .venv/made-fuzz .venv-sam/made .venv-scan/made ## Check format, lint, types, import rules, requirements and template.
	@echo "Format"       && $(BIN)/ruff format --check
	@echo "Lint"         && $(BIN)/ruff check
	@echo "Types"        && $(BIN)/mypy $(CODE)
	@echo "Import rules" && PYTHONPATH=shared:. $(BIN)/lint-imports
	@echo "Requirements" && $(MAKE) --no-print-directory requirements-in-step
	@echo "Template"     && $(SAM) validate --lint && .venv-scan/bin/cfn-lint template.yaml infra/stacks/*.yaml

.PHONY: format
format: .venv/made ## Format the code and mend what the linter can.
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

# --- Requirements ---------------------------------------------------------------------------------

# Each file follows the ones before it, so that what is tested is what the layer carries. Pins in the
# files are kept as they are; UPGRADE=--upgrade takes the newest of all.
COMPILE = "$(CURDIR)/$(BIN)/uv" pip compile --quiet --generate-hashes --universal --python-version 3.13 \
	--no-header $(UPGRADE)
define compile-requirements
	$(COMPILE) pyproject.toml -o shared/requirements.txt
	$(COMPILE) pyproject.toml --group dev -c shared/requirements.txt -o requirements/dev.txt
	$(COMPILE) --group installer -c requirements/dev.txt -o requirements/installer.txt
	$(COMPILE) --group runtime -c requirements/dev.txt -o requirements/runtime.txt
	$(COMPILE) --group system -c requirements/dev.txt -o requirements/system.txt
	$(COMPILE) --group fuzz -c requirements/dev.txt -o requirements/fuzz.txt
	$(COMPILE) --group picture -c requirements/dev.txt -o requirements/picture.txt
	$(COMPILE) --group sam -o requirements/sam.txt
	$(COMPILE) --group scan -o requirements/scan.txt
endef

.PHONY: requirements
requirements: .venv/made ## Write the pins anew from pyproject.toml (UPGRADE=--upgrade for newer ones).
	$(compile-requirements)

.PHONY: requirements-in-step
requirements-in-step: export COMPILE_REQUIREMENTS = set -e; $(compile-requirements)
requirements-in-step: .venv/made
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT \
		&& cp -R pyproject.toml requirements "$$copy" && mkdir "$$copy/shared" \
		&& cp shared/requirements.txt "$$copy/shared" \
		&& (cd "$$copy" && sh -c "$$COMPILE_REQUIREMENTS") \
		&& diff -r requirements "$$copy/requirements" \
		&& diff shared/requirements.txt "$$copy/shared/requirements.txt" \
		|| { echo "The pins are not what pyproject.toml asks for: make requirements" >&2; exit 1; }

# --- Environments ---------------------------------------------------------------------------------

need_python = $(if $(shell $(PYTHON) -c "import sys, ensurepip; print(sys.version_info[:2] == (3, 13) or '')" \
	2>/dev/null),,$(error Python 3.13 with venv is needed and "$(PYTHON)" is none; name one: make PYTHON=/path/to/python3.13))
install = $(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes \
	--only-binary :all: --requirement

define empty-environment
	$(need_python)
	@echo "Making $(@D) from $<..."
	@$(PYTHON) -m venv --clear $(@D)
endef

define environment
	$(empty-environment)
	@$(install) $<
	@touch $@
endef

# Development: the service's own packages, the local stack, the tools and the tests.
.venv/made: requirements/dev.txt requirements/installer.txt
	$(empty-environment)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore --require-hashes \
		--only-binary :all: --requirement requirements/installer.txt
	@$(install) $<
	@touch $@

# The same with what the system tests need besides, which the type checker needs as well.
.venv/made-system: requirements/system.txt .venv/made
	@echo "Adding $< to $(@D)..."
	@$(install) $<
	@touch $@

# The same with what fuzzing needs besides.
.venv/made-fuzz: requirements/fuzz.txt .venv/made
	@echo "Adding $< to $(@D)..."
	@$(install) $<
	@touch $@

# The same with what drawing the documents' pictures needs besides.
.venv/made-picture: requirements/picture.txt .venv/made
	@echo "Adding $< to $(@D)..."
	@$(install) $<
	@touch $@

# aws-sam-cli, whose pins conflict with the above.
.venv-sam/made: requirements/sam.txt | .venv/made
	$(environment)

# cfn-lint and checkov, whose pins conflict with both of the above.
.venv-scan/made: requirements/scan.txt | .venv/made
	$(environment)

# What Lambda's managed runtime has and nothing else: the built functions run on it in the packaging tests.
.venv-lambda/made: requirements/runtime.txt | .venv/made
	$(environment)

.PHONY: packaging-environments
packaging-environments: .venv/made .venv-sam/made .venv-scan/made .venv-lambda/made

# The drivers of the original application, and CDK for its example. Their exact versions and hashes are pinned in each
# package-lock.json.
%/node_modules/made: %/package-lock.json %/package.json | node
	@echo "Making $(@D) from $<..."
	@cd $* && npm ci --silent
	@touch $@

# Installs packages of Debian's, for the target that is named second.
define debian-install
command -v apt-get >/dev/null || { echo "$(2) needs Debian's apt-get." >&2; exit 1; }; \
	root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	echo "Installing $(1); a minute or so..."; \
	$$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq --no-install-recommends $(1) >/dev/null
endef

.PHONY: debian-packages
debian-packages:
	@if dpkg-query -W $(DEBIAN_PACKAGES) >/dev/null 2>&1; then exit 0; fi; \
	$(call debian-install,$(DEBIAN_PACKAGES),make test-system)

# Whichever Node.js is here, if it is 18 or newer; else Debian's.
.PHONY: node
node:
	@if command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 18))'; then exit 0; fi; \
	$(call debian-install,nodejs npm,make test-interop)

.PHONY: clean
clean: ## Remove all that was made here: environments, builds, the local stack's data, caches.
	rm -rf .venv .venv-sam .venv-scan .venv-lambda .aws-sam .local .hypothesis .import_linter_cache $(ORIGINAL)/node_modules $(CDK)/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find functions infra shared tests -name __pycache__ -prune -exec rm -rf {} +
