#!/usr/bin/env bash
# schedules.sh COUNT SEED: that many schedules of faults from a seed on, on all processors: each process uses one, so that a
# seed gives the same schedule each time. Its status says whether all have passed.
set -euo pipefail
cd "$(dirname "$0")/.."

count=$1 seed=$2 jobs=$(nproc)
test=$(mktemp -d)/schedules.test
trap 'rm -rf "$(dirname "$test")"' EXIT
go test -c -o "$test" ./zkasync/recipe/internal/schedules
share=$(((count + jobs - 1) / jobs))
seq "$seed" "$share" $((seed + count - 1)) |
	GOGC=400 xargs -P "$jobs" -I{} "$test" -test.v -test.run 'TestSchedules$' -schedules "$share" -seed {}
