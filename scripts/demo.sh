#!/usr/bin/env bash
# The demo: the tour, then a folder of real files into ZooKeeper and out again,
# compared byte for byte. Each part has a private server that ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."

zkdemo=bin/zkdemo
source_dir=${1:-$(go env GOROOT)/src/net}
work=$(mktemp -d)
server=

cleanup() {
	exec 3>&- # the server ends when its standard input does
	if [[ -n $server ]]; then wait "$server" || true; fi
	rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ zkdemo %s\n' "$*"; "$zkdemo" --server "$address" "$@"; }

say 'The tour'
"$zkdemo" tour --local

say "$source_dir into ZooKeeper and out again"
go build -o "$work/zkserver" ./internal/zkserver/run
mkfifo "$work/in" "$work/out"
"$work/zkserver" <"$work/in" >"$work/out" &
server=$!
exec 3>"$work/in"
read -r address <"$work/out"

run import "$source_dir" /demo
run export /demo "$work/exported"
diff -r "$source_dir" "$work/exported"
echo "$(find "$source_dir" -type f | wc -l | tr -d ' ') files are the same, byte for byte"
run rm -r /demo
