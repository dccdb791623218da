# Every target works in a clean checkout. "make" alone lists them.
GO       ?= go
PKG      ?= ./zkasync
FUZZTIME ?= 10s
DURATION ?= 60s
BENCH    ?= .
COUNT    ?= 1

.DEFAULT_GOAL := help
.PHONY: help install-zookeeper build demo test fast bench lint fuzz chaos cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install-zookeeper: ## install ZooKeeper and kazoo (Debian, Ubuntu); nothing to do when they are there
	@scripts/install-zookeeper.sh

build: ## build all, and bin/zkdemo
	$(GO) build ./...
	$(GO) build -o bin/zkdemo ./cmd/zkdemo

demo: install-zookeeper build ## the tour, and a folder of files into ZooKeeper and back
	@scripts/demo.sh

test: install-zookeeper ## all tests, with the race detector and real servers
	$(GO) test -race -shuffle=on -timeout 20m ./...

fast: ## the tests of one package: make fast PKG=./future
	$(GO) test $(PKG)

bench: install-zookeeper ## all benchmarks, or some, for benchstat: make bench BENCH=Get COUNT=6 >new.txt
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

lint: ## gofmt, go mod tidy, vet and build for Linux, macOS and Windows, staticcheck
	@scripts/lint.sh

fuzz: ## each fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

chaos: install-zookeeper ## servers killed and frozen at random for DURATION (60s)
	$(GO) test ./zkasync -race -count=1 -v -timeout 0 -run TestChaos -chaos.duration=$(DURATION)

cover: install-zookeeper ## test coverage, by function and in total
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out

clean: ## remove what the targets above have made
	rm -rf bin cover.out
