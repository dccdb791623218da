#!/usr/bin/env bash
# schedules.sh COUNT SEED runs COUNT schedules of faults, from the seed SEED on. It starts a process for each processor, since a
# seed gives the same schedule each time only on a single one. It fails if a schedule has failed.
set -euo pipefail
cd "$(dirname "$0")/.."

count=$1 seed=$2 jobs=$(nproc)
test=$(mktemp -d)/schedules.test
trap 'rm -rf "$(dirname "$test")"' EXIT
go test -c -o "$test" ./zkasync/recipe/internal/schedules
share=$(((count + jobs - 1) / jobs))
seq "$seed" "$share" $((seed + count - 1)) |
	GOGC=400 xargs -P "$jobs" -I{} "$test" -test.v -test.run 'TestSchedules$' -schedules "$share" -seed {}
