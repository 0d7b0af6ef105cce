# Everything a contributor needs. Each target makes its own environment first; when it is there, that takes a blink.
.PHONY: run test check bench wheel clean docs
.DEFAULT_GOAL := run
# A shell that was open when rustup came does not know it yet.
CARGO ?= $(shell command -v cargo || echo "$${CARGO_HOME:-$$HOME/.cargo}/bin/cargo")

run: ## Start everything in one process and print a link that opens the app.
	@scripts/setup run web native
	@exec .venv/bin/hubbub up

test: ## Run all tests: Rust with a bounded fuzz run, Python, real engines, bot libraries, browsers, web client.
	@scripts/setup dev rust native web bots browser
	$(CARGO) test --quiet --workspace --locked
	$(CARGO) build --quiet --locked --package hubbub-load # tests of calls run these two, and shall not wait for them
	$(CARGO) build --quiet --locked --package hubbub-impair
	.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder # many wait for processes; a file shares its server
	cd web && npm test --silent

check: ## Formatting, lint, types, stubs, import contracts, generated reference, lock files, web client.
	@scripts/setup dev rust native modules
	.venv/bin/ruff format --check --quiet
	.venv/bin/ruff check --quiet
	.venv/bin/mypy
	.venv/bin/stubtest --concise hubbub.native._native
	.venv/bin/lint-imports
	.venv/bin/python scripts/reference.py --check
	.venv/bin/python scripts/locks.py
	cd web && npm run --silent check
	$(CARGO) fmt --all --check
	$(CARGO) clippy --quiet --workspace --all-targets --locked -- --deny warnings

bench: ## Measure everything that has a goal; benchmarks/results keeps the last figures.
	@scripts/setup dev rust native web
	.venv/bin/hubbub bench all

wheel: ## Build a wheel with the native core and the web client inside, in dist/.
	@scripts/setup dev rust native web
	.venv/bin/hatchling build --target wheel

docs: ## Write the reference pages anew from the types they describe.
	@scripts/setup dev
	.venv/bin/python scripts/reference.py

clean: ## Remove what set-up, tests and builds made; data stays.
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf target src/hubbub/native/_native.abi3.so src/hubbub/native/_native.stamp
	rm -rf web/node_modules web/dist tests/integration/bots/javascript/node_modules
	find src tests scripts benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
