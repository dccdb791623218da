package zkserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

const (
	// jarEnv is the variable with the path of ZooKeeper's jar. The other jars in its folder join the class path.
	jarEnv = "ZKASYNC_ZOOKEEPER_JAR"
	// homeEnv is the variable with the folder of an unpacked release of Apache ZooKeeper.
	homeEnv = "ZOOKEEPER_HOME"
	// debianDir is where Debian and Ubuntu put jars.
	debianDir = "/usr/share/java"
)

// ErrNotInstalled is the error of Start, StartEnsemble and Installed on a machine
// without ZooKeeper or Java. It is wrapped with what is missing and how to install it.
var ErrNotInstalled = errors.New("zkserver: ZooKeeper is not installed")

// Installed returns nil if a server can be started on this machine. Otherwise it
// returns an error that names the command that installs what is missing.
func Installed() error {
	_, err := find()
	return err
}

// ClassPath returns the jars of ZooKeeper and of what it needs, for Java programs that use its client.
func ClassPath() ([]string, error) { return findJars() }

// installation is the Java and the jars with which a server is started.
type installation struct {
	java string
	jars []string
}

func find() (installation, error) {
	java, err := findJava()
	if err != nil {
		return installation{}, err
	}
	jars, err := findJars()
	if err != nil {
		return installation{}, err
	}
	return installation{java, jars}, nil
}

func findJava() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java := filepath.Join(home, "bin", "java")
		if runtime.GOOS == "windows" {
			java += ".exe"
		}
		if isFile(java) {
			return java, nil
		}
		return "", missing("JAVA_HOME is %s, but there is no %s", home, java)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return "", missing("no java in PATH and no JAVA_HOME")
	}
	return java, nil
}

// findJars returns the class path. If an environment variable is set, it alone
// decides: a wrong path is an error, not a reason to look elsewhere.
func findJars() ([]string, error) {
	if jar := os.Getenv(jarEnv); jar != "" {
		if !isFile(jar) {
			return nil, missing("%s is %s, and there is no such file", jarEnv, jar)
		}
		if filepath.Clean(filepath.Dir(jar)) == debianDir {
			return debianJars(jar), nil
		}
		return append([]string{jar}, without(glob(filepath.Dir(jar), "*.jar"), jar)...), nil
	}
	if home := os.Getenv(homeEnv); home != "" {
		own := append(glob(home, "zookeeper-*.jar"), glob(home, "lib", "zookeeper-*.jar")...)
		if len(own) == 0 {
			return nil, missing("%s is %s, which holds neither zookeeper-*.jar nor lib/zookeeper-*.jar", homeEnv, home)
		}
		return append(own, without(glob(home, "lib", "*.jar"), own...)...), nil
	}
	if jar := filepath.Join(debianDir, "zookeeper.jar"); isFile(jar) {
		return debianJars(jar), nil
	}
	return nil, missing("no %s, and neither %s nor %s is set",
		filepath.Join(debianDir, "zookeeper.jar"), homeEnv, jarEnv)
}

// debianJars picks ZooKeeper's dependencies from a folder with the jars of all
// packages, among them three logging backends. The manifest of Debian's
// zookeeper.jar names most of them, but no logging backend, and not all that Netty
// needs for TLS.
func debianJars(jar string) []string {
	dir := filepath.Dir(jar)
	jars := []string{jar}
	for _, name := range []string{
		"zookeeper-jute.jar", "slf4j-api.jar", "slf4j-simple.jar", "metrics-core.jar", "snappy-java.jar",
		"netty-buffer.jar", "netty-codec.jar", "netty-common.jar", "netty-handler.jar", "netty-resolver.jar",
		"netty-transport.jar", "netty-transport-native-epoll.jar", "netty-transport-native-unix-common.jar",
	} {
		if path := filepath.Join(dir, name); isFile(path) {
			jars = append(jars, path)
		}
	}
	return jars
}

func missing(format string, args ...any) error {
	return fmt.Errorf("%w: %s\n"+
		"Debian, Ubuntu: sudo apt-get install -y zookeeper\n"+
		"with this repository: make install-zookeeper\n"+
		"elsewhere: unpack a release from https://zookeeper.apache.org/releases.html and set %s to its folder",
		ErrNotInstalled, fmt.Sprintf(format, args...), homeEnv)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func glob(elem ...string) []string {
	// Glob fails only for a malformed pattern, such as a folder's name with an open
	// bracket. Nothing is found then, and the caller says so.
	found, _ := filepath.Glob(filepath.Join(elem...))
	return found
}

func without(all []string, drop ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return slices.Contains(drop, s) })
}
