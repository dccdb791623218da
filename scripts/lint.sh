#!/usr/bin/env bash
# Checks that code must pass. It needs nothing but Go and its module proxy.
set -euo pipefail
cd "$(dirname "$0")/.."

# Pinned, so that a new check does not break an old commit. 0.8 needs Go 1.26,
# which the go command downloads by itself if necessary.
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

unformatted=$(gofmt -l .)
if [[ -n $unformatted ]]; then
	printf 'gofmt -w is needed on:\n%s\n' "$unformatted" >&2
	exit 1
fi
# The adapters below zkasync are modules of their own.
for module in . $(dirname zkasync/*/go.mod); do
	(
		cd "$module"
		go mod tidy -diff
		# vet also type-checks the tests, for each supported system.
		for os in linux darwin windows; do
			GOOS=$os go build ./...
			GOOS=$os go vet ./...
		done
		go run "$staticcheck" ./...
	)
done
