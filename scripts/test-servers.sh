#!/usr/bin/env bash
# test-servers.sh HOME...: all tests on each unpacked release of ZooKeeper. Its status says whether all were there and passed.
set -uo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || { echo 'usage: make test-servers HOMES="DIR DIR", each the folder of an unpacked release of ZooKeeper, 3.5 or later' >&2; exit 1; }
failed=()
for home in "$@"; do
	echo "== $home"
	if [ ! -d "$home" ]; then
		failed+=("$home (not there)")
	elif ! ZOOKEEPER_HOME=$home make --no-print-directory test-server; then
		failed+=("$home")
	fi
done
if [ ${#failed[@]} -gt 0 ]; then
	printf 'test-servers: %s failed\n' "${failed[@]}" >&2
	exit 1
fi
echo "test-servers: all $# releases passed"
