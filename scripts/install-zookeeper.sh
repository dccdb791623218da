#!/usr/bin/env bash
# Installs what the tests and the demo need: ZooKeeper with a Java runtime; Python's
# kazoo and Java's Curator, with which some tests share locks, and a Java compiler for
# the latter; ZooKeeper's C client; and a C compiler for that and for Go's race
# detector. It starts no server: each test starts its own. Running it again does nothing.
set -euo pipefail

# Debian's zookeeper starts no service (zookeeperd would), and depends on the jars
# it needs: libzookeeper-java, libslf4j-java, libnetty-java, libsnappy-java and
# libdropwizard-metrics-java, and on default-jre.
curator=(libcurator-discovery-java libcurator-recipes-java libcurator-framework-java libcurator-client-java default-jdk-headless)
packages=(zookeeper python3-kazoo libzookeeper-mt-dev "${curator[@]}")
jar=/usr/share/java/zookeeper.jar
oldest=3.5 # as in README.md; tests that need a newer server are skipped

has_java() { [[ -n ${JAVA_HOME:-} ]] || command -v java >/dev/null; }

has_zookeeper() {
	[[ -n ${ZKASYNC_ZOOKEEPER_JAR:-}${ZOOKEEPER_HOME:-} || -f $jar ]]
}

# The package of kazoo is for the system's Python, which need not be the first in PATH.
has_kazoo() { /usr/bin/python3 -c 'import kazoo' 2>/dev/null; }

has_curator() { [[ -f /usr/share/java/curator-recipes.jar && -f /usr/share/java/curator-x-discovery.jar ]] && command -v javac >/dev/null; }

has_c_client() { [[ -f /usr/include/zookeeper/zookeeper.h ]]; }

has_compiler() { command -v cc >/dev/null || command -v gcc >/dev/null; }

explain() {
	cat >&2 <<-'TEXT'
	This script installs ZooKeeper on Debian and Ubuntu only, as root or with sudo.
	Elsewhere, with a Java runtime installed:
	  macOS:  brew install zookeeper
	          export ZOOKEEPER_HOME="$(brew --prefix zookeeper)/libexec"
	  any:    unpack a release from https://zookeeper.apache.org/releases.html
	          export ZOOKEEPER_HOME=/path/to/apache-zookeeper-3.8.4-bin
	kazoo:    python3 -m pip install kazoo
	TEXT
	exit 1
}

# release prints the release that the tests would start, or nothing if its files do not tell.
release() {
	local jar
	if [[ -n ${ZKASYNC_ZOOKEEPER_JAR:-} ]]; then
		jar=$ZKASYNC_ZOOKEEPER_JAR
	elif [[ -n ${ZOOKEEPER_HOME:-} ]]; then
		jar=$(find -L "$ZOOKEEPER_HOME" -maxdepth 2 -name 'zookeeper-[0-9]*.jar' | head -n 1)
	else
		dpkg-query -W -f '${Version}' libzookeeper-java 2>/dev/null || true
		return
	fi
	sed -n 's|^zookeeper-\([0-9.]*[0-9]\).*\.jar$|\1|p' <<<"${jar##*/}"
}

# before tells whether release $1 is older than $2.
before() { [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

refuse_if_old() {
	local version
	version=$(release)
	if [[ -n $version ]] && before "$version" "$oldest"; then
		echo "ZooKeeper $version is older than $oldest: unpack a newer release and set ZOOKEEPER_HOME to its folder" >&2
		exit 1
	fi
}

for name in ZKASYNC_ZOOKEEPER_JAR ZOOKEEPER_HOME; do
	if [[ -n ${!name:-} && ! -e ${!name} ]]; then
		echo "$name is ${!name}, which does not exist: correct or unset it" >&2
		exit 1
	fi
done
if has_java && has_zookeeper; then
	refuse_if_old
	packages=()
	if ! has_kazoo; then packages+=(python3-kazoo); fi
	if ! has_curator; then packages+=("${curator[@]}"); fi
	if ! has_c_client; then packages+=(libzookeeper-mt-dev); fi
	# Without apt-get, the user has to install the rest: ZooKeeper is what matters most.
	if ! command -v apt-get >/dev/null; then exit 0; fi
fi
if ! has_compiler; then packages+=(gcc libc6-dev); fi
if ((${#packages[@]} == 0)); then exit 0; fi

command -v apt-get >/dev/null || explain
as_root=()
if [[ $(id -u) != 0 ]]; then
	command -v sudo >/dev/null || explain
	as_root=(sudo)
fi
apt() { ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"; }

# A package source that is down is no reason to give up before trying.
apt update -q || true
apt install -qy --no-install-recommends "${packages[@]}"
refuse_if_old
echo "ZooKeeper is installed; no server was started."
