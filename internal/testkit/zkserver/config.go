package zkserver

import (
	"crypto/sha1"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logConfigs sends the log to standard output, whichever backend of slf4j the
// release of ZooKeeper has. Debian's slf4j-simple is configured by flags.
//
//go:embed conf
var logConfigs embed.FS

// The session timeouts that servers grant.
const (
	MinSessionTimeout = time.Second
	MaxSessionTimeout = time.Minute
)

// Cleaning is how often servers look for empty containers and expired TTL nodes. ZooKeeper's default is a minute.
const Cleaning = time.Second

const (
	// How long a follower may take to join, and how far it may fall behind, in ticks.
	initLimit, syncLimit = 20, 4
)

func (s *Server) configFile() string { return filepath.Join(s.dir, "zoo.cfg") }
func (s *Server) dataDir() string    { return filepath.Join(s.dir, "data") }

// writeFiles writes the files that the server reads when it starts. It is called
// once and not at each restart, because an ensemble rewrites its own configuration.
func (s *Server) writeFiles() error {
	if s.opts.tls {
		if err := s.certs.write(s.dir); err != nil {
			return err
		}
	}
	if s.opts.jaas != "" {
		if err := os.WriteFile(s.jaasFile(), []byte("Server {\n  "+s.opts.jaas+"\n};\n"), 0o600); err != nil {
			return err
		}
	}
	if err := os.CopyFS(s.dir, logConfigs); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.writeData(); err != nil {
		return err
	}
	var b strings.Builder
	for _, line := range s.settings() {
		fmt.Fprintf(&b, "%s=%s\n", line.key, line.value)
	}
	return os.WriteFile(s.configFile(), []byte(b.String()), 0o600)
}

// writeData creates the data folder, with the file myid for a member of an ensemble.
func (s *Server) writeData() error {
	if err := os.MkdirAll(s.dataDir(), 0o700); err != nil {
		return err
	}
	if len(s.members) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(s.dataDir(), "myid"), []byte(strconv.Itoa(s.id)), 0o600)
}

func (s *Server) settings() []setting {
	lines := []setting{
		{"dataDir", filepath.ToSlash(s.dataDir())},
		{"tickTime", strconv.FormatInt(s.opts.tickTime.Milliseconds(), 10)},
		{"minSessionTimeout", strconv.FormatInt(MinSessionTimeout.Milliseconds(), 10)},
		{"maxSessionTimeout", strconv.FormatInt(MaxSessionTimeout.Milliseconds(), 10)},
		{"maxClientCnxns", "0"},
		{"admin.enableServer", "false"},
		{"4lw.commands.whitelist", "*"},
		{"extendedTypesEnabled", "true"},
		{"forceSync", "no"},
		{"preAllocSize", "1024"}, // by how many KiB a log file grows; the default is 64 MiB
	}
	if s.observer {
		lines = append(lines, setting{"peerType", "observer"})
	}
	if len(s.members) == 0 {
		lines = append(lines,
			setting{"clientPortAddress", host},
			setting{"clientPort", strconv.Itoa(s.ports.client)})
	} else {
		lines = append(lines,
			setting{"initLimit", strconv.Itoa(initLimit)},
			setting{"syncLimit", strconv.Itoa(syncLimit)},
			setting{"reconfigEnabled", "true"})
		lines = append(lines, s.members...)
	}
	if s.opts.tls {
		lines = append(lines, s.certs.settings(s.dir, s.ports.secure, s.opts.clientAuth)...)
	}
	if s.opts.jaas != "" {
		lines = append(lines, setting{"authProvider.1", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider"})
	}
	for _, own := range s.opts.config {
		lines = slices.DeleteFunc(lines, func(l setting) bool { return l.key == own.key })
		lines = append(lines, own)
	}
	return lines
}

// commandLine returns Java's arguments.
func (s *Server) commandLine() []string {
	classPath := append([]string{filepath.Join(s.dir, "conf")}, s.install.jars...)
	args := []string{
		// A server that lives for seconds gains more from a quick start than
		// from the second compiler and a concurrent garbage collector.
		"-Xmx" + s.opts.heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData",
		"-Djava.awt.headless=true",
		"-Dzookeeper.jmx.log4j.disable=true",
		"-Dznode.container.checkIntervalMs=" + strconv.FormatInt(Cleaning.Milliseconds(), 10),
		"-Dorg.slf4j.simpleLogger.showDateTime=true",
		"-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
		"-Dorg.slf4j.simpleLogger.showShortLogName=true",
	}
	if s.opts.tls {
		args = append(args, "-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory")
	}
	if s.opts.jaas != "" {
		args = append(args, "-Djava.security.auth.login.config="+s.jaasFile())
	}
	if s.opts.readOnly {
		args = append(args, "-Dreadonlymode.enabled=true")
	}
	if s.opts.superuser != "" {
		args = append(args, "-Dzookeeper.DigestAuthenticationProvider.superDigest="+superDigest(s.opts.superuser))
	}
	args = append(args, s.opts.jvmFlags...)
	return append(args,
		"-cp", strings.Join(classPath, string(os.PathListSeparator)),
		"org.apache.zookeeper.server.quorum.QuorumPeerMain", s.configFile())
}

// superDigest does what DigestAuthenticationProvider.generateDigest does on the server.
func superDigest(password string) string {
	sum := sha1.Sum([]byte("super:" + password))
	return "super:" + base64.StdEncoding.EncodeToString(sum[:])
}
