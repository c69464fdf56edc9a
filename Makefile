# Every target installs what it needs; the second time it is quick.
.DEFAULT_GOAL := help
.PHONY: help demo run test coverage check bench fuzz format clean

help: ## show this list · 显示本列表
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## start everything, send a morning's messages, show the result (ONCE=1: then exit) · 演示
	@ONCE=$(ONCE) scripts/demo

run: ## start everything in the foreground, no demo traffic · 前台启动
	@scripts/run

test: ## run all tests (ARGS="-k name" goes to pytest) · 运行测试
	@scripts/test $(ARGS)

coverage: ## run the tests that start no centre, and print what they reach · 测试覆盖率
	@scripts/coverage $(ARGS)

check: ## format, lint and types · 检查代码
	@scripts/check

bench: ## measure beside a bare workflow and Celery (ARGS="..." goes to it) · 性能测量
	@scripts/bench $(ARGS)

fuzz: ## ask everything of every operation for MINUTES (5) · 模糊测试全部接口
	@scripts/fuzz $(or $(MINUTES),5) $(SEED)

format: ## format the code · 格式化代码
	@scripts/venv dev
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix --quiet .

clean: ## remove .venv and caches; the state in var/ stays · 清理（保留 var/）
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
