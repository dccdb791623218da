package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The server loads a directory, serves until it is interrupted, and saves its data to another directory.
func TestServer_LoadsServesAndSaves(t *testing.T) {
	t.Parallel()
	load, save := t.TempDir(), filepath.Join(t.TempDir(), "after")
	if err := os.WriteFile(filepath.Join(load, "limit"), []byte("10"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "server", "--listen", "127.0.0.1:0", "--load", load, "--save", save)
	r.out.await(t, "\n")
	addr := strings.TrimSpace(r.out.String())
	says(t, zkdemo(t, "--server", addr, "get", "/limit").expect(t, exitOK).out, "10")
	zkdemo(t, "--server", addr, "create", "/added", "new").expect(t, exitOK)
	says(t, r.interrupt(t).expect(t, exitOK).err, "memory only")
	for name, want := range map[string]string{"limit": "10", "added": "new"} {
		if got, err := os.ReadFile(filepath.Join(save, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// With --tls a client needs the authority that the server has written, and can show a certificate.
func TestServer_TLS(t *testing.T) {
	t.Parallel()
	for _, require := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "tls")
		r := start(t, "server", "--listen", "127.0.0.1:0", "--tls", dir, "--require-cert="+strconv.FormatBool(require))
		r.out.await(t, "\n")
		ca, cert := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client.pem")
		server := []string{"--server", strings.TrimSpace(r.out.String()), "--timeout", "1s"}
		to := func(args ...string) result { return zkdemo(t, append(args, server...)...) }

		to("--ca", ca, "--cert", cert, "create", "/a", "x").expect(t, exitOK)
		to("ls").expect(t, exitConnect) // without TLS
		if require {
			to("--ca", ca, "get", "/a").expect(t, exitConnect)
		} else {
			says(t, to("--ca", ca, "get", "/a").expect(t, exitOK).out, "x")
		}
		other := filepath.Join(t.TempDir(), "other.pem")
		if err := os.WriteFile(other, zktest.Run(t, zktest.WithTLS(false)).TLSFiles().CA, 0o600); err != nil {
			t.Fatal(err)
		}
		says(t, to("--ca", other, "--cert", cert, "ls").expect(t, exitConnect).err, "certificate")
		if info, err := os.Stat(cert); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		says(t, r.interrupt(t).expect(t, exitOK).err, ca)
	}
}

// A directory that cannot be made ends the server before it serves.
func TestServer_TLSNeedsItsDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := zkdemo(t, "server", "--listen", "127.0.0.1:0", "--tls", file).expect(t, exitFailed)
	says(t, r.err, "--tls")
	if r.out != "" {
		t.Error(r.out)
	}
}
