# Every target works in a clean checkout. "make" alone lists them.
GO       ?= go
PKG      ?= ./zkasync
FUZZTIME ?= 10s
DURATION ?= 60s
BENCH    ?= .
COUNT    ?= 1
SCHEDULES ?= 1000
SEED     ?= 1
RELEASE  ?= 3.8.0
# More flags of the benchmark: make bench-quick BENCHFLAGS=-h
BENCHFLAGS ?=
# The adapters, which are modules of their own.
ADAPTERS := $(patsubst %/go.mod,%,$(wildcard zkasync/*/go.mod))

.DEFAULT_GOAL := help
.PHONY: help install-zookeeper install-kerberos build demo test test-adapters test-server test-servers test-memory fast bench lint fuzz chaos cover clean bench-quick bench-check bench-ratio bench-go faults schedules

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install-zookeeper: ## install ZooKeeper and kazoo (Debian, Ubuntu), unless they are installed already
	@scripts/install-zookeeper.sh

build: ## build everything, and bin/zkdemo
	$(GO) build ./...
	$(GO) build -o bin/zkdemo ./cmd/zkdemo

demo: build ## run the tour, and copy files into ZooKeeper and back; needs nothing but Go
	@scripts/demo.sh

install-kerberos: ## install the Kerberos server of the tests (Debian, Ubuntu), unless it is installed already
	@scripts/install-kerberos.sh

test: install-zookeeper install-kerberos ## run all tests, with the race detector and real servers
	$(GO) test -race -shuffle=on -timeout 20m ./...
	@set -e; for module in $(ADAPTERS); do (cd $$module && $(GO) test -race -shuffle=on -timeout 5m ./...); done

test-adapters: install-zookeeper install-kerberos ## run the tests of the modules for Prometheus, OpenTelemetry and Kerberos
	@set -e; for module in $(ADAPTERS); do (cd $$module && $(GO) test -race -shuffle=on -timeout 5m ./...); done

test-server: ## run all tests on the release of ZooKeeper that ZOOKEEPER_HOME names
	@if [ -z "$$ZOOKEEPER_HOME" ]; then \
		echo "make test-server: set ZOOKEEPER_HOME to the folder of an unpacked release of ZooKeeper, 3.5 or later" >&2; exit 1; fi
	@unset ZKASYNC_ZOOKEEPER_JAR; scripts/install-zookeeper.sh
	unset ZKASYNC_ZOOKEEPER_JAR; $(GO) test -race -shuffle=on -count=1 -timeout 20m ./...

test-servers: ## run all tests against several releases in turn: make test-servers HOMES="DIR DIR"
	@scripts/test-servers.sh $(HOMES)

test-memory: install-zookeeper ## run tests on servers in memory that act as a release: make test-memory RELEASE=3.9.5
	$(GO) test -count=1 -timeout 20m ./zkasync ./zkasync/recipe ./zkasync/recipe/cache ./zkasync/recipe/discovery ./zkasync/recipe/typed ./cmd/zkdemo \
		./cmd/zkdemo/internal/transfer -zktest $(RELEASE)

fast: ## run the tests of one package: make fast PKG=./future
	$(GO) test $(PKG)

bench: install-zookeeper ## compare with other clients and the bare socket, into docs/bench (10 minutes)
	$(GO) build -o bin/zkdemo ./cmd/zkdemo
	$(GO) run ./internal/tools/bench -dir docs/bench -zkdemo bin/zkdemo $(BENCHFLAGS)

bench-quick: install-zookeeper ## the same in a minute, and only printed
	$(GO) build -o bin/zkdemo ./cmd/zkdemo
	$(GO) run ./internal/tools/bench -time 50ms -rounds 1 -tree 10000 -zkdemo bin/zkdemo $(BENCHFLAGS)

bench-check: ## compare allocations with the recorded ones, or record them: make bench-check UPDATE=1
	$(GO) run ./internal/tools/bench -check $(if $(UPDATE),-update)

bench-ratio: ## compare the CPU time of a get with the bare socket's
	$(GO) run ./internal/tools/bench -ratio 30

bench-go: install-zookeeper ## run Go benchmarks, for benchstat: make bench-go BENCH=Get COUNT=6 >new.txt
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

lint: ## gofmt; go mod tidy, vet and build for Linux, macOS and Windows, staticcheck of each module
	@scripts/lint.sh

fuzz: ## run each fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

chaos: install-zookeeper ## kill and freeze servers, cut connections, stop processes at random for DURATION (60s), five times
	$(GO) test ./zkasync ./zkasync/recipe ./zkasync/recipe/internal/schedules -p 1 -race -count=1 -v -timeout 0 \
		-run 'TestChaos|TestEnsemble_Histories' -chaos.duration=$(DURATION)

schedules: ## run recipes through seeded schedules of faults in virtual time: make schedules SCHEDULES=5000 SEED=1
	@scripts/schedules.sh $(SCHEDULES) $(SEED)

faults: install-zookeeper ## expose zkasync and go-zookeeper to the same faults, and print a table (4 minutes)
	$(GO) run ./internal/tools/faulttable

cover: install-zookeeper ## print the test coverage, by function and in total
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out

clean: ## remove what the targets above have created
	rm -rf bin cover.out
