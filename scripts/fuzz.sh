#!/usr/bin/env bash
# Runs each fuzz target of the module for a while, 10 s by default.
set -euo pipefail
cd "$(dirname "$0")/.."
fuzztime=${1:-10s}

# Go fuzzes one target of one package at a time.
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$(dirname "$file")" </dev/null
	done
done
