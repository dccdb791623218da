#!/usr/bin/env bash
# Installs the Kerberos server that the tests of zkasync/krb5 start, each its own, on a free port and in a folder of its own.
# None is started here. Running it again costs nothing.
set -euo pipefail

export PATH=$PATH:/usr/sbin:/usr/local/sbin
if command -v krb5kdc >/dev/null && command -v kadmin.local >/dev/null && command -v kinit >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
	cat >&2 <<-'TEXT'
	This script installs a Kerberos server on Debian and Ubuntu only, as root or with sudo. The tests of zkasync/krb5 need
	MIT's krb5kdc, kdb5_util, kadmin.local and kinit. On macOS: brew install krb5
	TEXT
	exit 1
fi
as_root=()
if [[ $(id -u) != 0 ]]; then
	command -v sudo >/dev/null || { echo "Installing krb5-kdc needs root or sudo." >&2; exit 1; }
	as_root=(sudo)
fi
apt() { ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"; }
apt update -q || true
apt install -qy --no-install-recommends krb5-kdc krb5-admin-server krb5-user
