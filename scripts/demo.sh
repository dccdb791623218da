#!/usr/bin/env bash
# The demo: the tour, and then a copy of a folder of real files into ZooKeeper and
# out again, compared byte for byte. It needs nothing but Go: the server is zkdemo's
# own, in memory. If Apache ZooKeeper is installed, everything is done on that, too.
set -euo pipefail
cd "$(dirname "$0")/.."

zkdemo=bin/zkdemo
source_dir=${1:-$(go env GOROOT)/src/net}
work=$(mktemp -d)
server=

cleanup() {
	if [[ -n $server ]]; then
		kill "$server" 2>/dev/null || true
		wait "$server" || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ zkdemo %s\n' "$*"; "$zkdemo" --server "$address" "$@"; }

# start runs a server in the background. Its first line of output is its address. Its
# standard input must not end, since zkserver stops when that ends.
mkfifo "$work/in"
exec 3<>"$work/in"
start() {
	rm -f "$work/address"
	"$@" <&3 >"$work/address" &
	server=$!
	until address=$(grep -s -m1 . "$work/address"); do
		kill -0 "$server" || exit 1
		sleep 0.05
	done
}

# copy imports the files, exports them, and compares.
copy() {
	run import "$source_dir" /demo
	run export /demo "$work/$1"
	diff -r "$source_dir" "$work/$1"
	echo "$(find "$source_dir" -type f | wc -l | tr -d ' ') files are the same, byte for byte"
	run rm -r /demo
	kill "$server"
	wait "$server" || true
	server=
}

say 'The tour, on a server in memory'
"$zkdemo" tour --local

say "$source_dir into that server and out again"
start "$zkdemo" server --listen 127.0.0.1:0
copy memory

if ! "$zkdemo" --local=zookeeper ls / >/dev/null 2>&1; then
	say 'Apache ZooKeeper is not installed, so that was all'
	exit
fi
say 'The tour, on Apache ZooKeeper'
"$zkdemo" tour --local=zookeeper

say "$source_dir into Apache ZooKeeper and out again"
go build -o "$work/zkserver" ./internal/testkit/zkserver/run
start "$work/zkserver"
copy zookeeper
