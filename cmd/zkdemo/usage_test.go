package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestRun_RefusesBadInputBeforeConnecting(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(big, make([]byte, 2<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	srv := zktest.Run(t, zktest.WithTLS(false))
	if err := os.WriteFile(authority, srv.TLSFiles().CA, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string // separated by spaces; '' is an empty argument
		says string
	}{
		{"frob", `"frob"`},
		{"help frob", `"frob"`},
		{"--frob", "--frob"},
		{"ls a", "begins with a slash"},
		{"ls ''", "may not be empty"},
		{"ls /a/", "does not end with a slash"},
		{"ls / /", "one argument too many"},
		{"ls -R / /", "one argument too many"},
		{"config /a", "takes no argument"},
		{"tree / --depth -1", "--depth -1"},
		{"stat", "an argument is missing"},
		{"get /a/../b", "relative path"},
		{"set /a", "DATA or --file is missing"},
		{"set /a b --file " + file, "given twice"},
		{"set /a --file " + file + ".none", "--file"},
		{"set /a --file " + big, "1048575"},
		{"create /", "always there"},
		{"create //", "does not end"},
		{"ls //a", "empty name"},
		{"create /a/", "does not end with a slash"},
		{"create /a --container --ephemeral", "--container excludes"},
		{"rm /", "belong to the server"},
		{"rm -r /zookeeper/quota", "belong to the server"},
		{"rm -r /a --version 3", "exclude each other"},
		{"watch /a --count -1", "--count -1"},
		{"import " + file + " /a", "is not a directory"},
		{"import " + file + ".none /a", "no such file"},
		{"import . a", "begins with a slash"},
		{"import . /zookeeper/x", "belongs to the server"},
		{"import . /a --depth 0", "--depth 0"},
		{"import . /a --memory 0", "--memory 0"},
		{"import . /a --max-request 9", "--max-request 9"},
		{"export /a " + file, "is not a directory"},
		{"export /a . --tar", "is a directory"},
		{"export /a", "an argument is missing"},
		{"bench frob", `"frob"`},
		{"bench --depth 0", "--depth 0"},
		{"bench --size -1", "--size -1"},
		{"bench --size 2000000", "--size 2000000"},
		{"bench --keys 0", "--keys 0"},
		{"bench --rounds -1", "--rounds -1"},
		{"bench --count -1", "--count -1"},
		{"bench --count 2 --compare", "3 rounds"},
		{"bench --duration 0s", "--duration 0s"},
		{"tour x", `"x"`},
		{"tour --json --yes", "--json"},
		{"tour", "--yes"},
		{"--auth digest:nobody ls /", "digest"},
		{"--timeout 0s ls", "--timeout 0s"},
		{"--timeout soon ls", "soon"},
		{"--local --server h:1 ls", "exclude each other"},
		{"--local=disk ls", "--local=disk"},
		{"server --local", "--local"},
		{"server --listen nonsense", "nonsense"},
		{"server --load nowhere", "nowhere"},
		{"server x", `"x"`},
		{"server --require-cert", "--tls"},
		{"server --ca " + authority, "--tls"},
		{"--cert " + authority + " ls", "--ca"},
		{"--ca " + file + ".none ls", "no such file"},
		{"--ca " + file + " ls", "no certificate"},
		{"--ca " + authority + " --cert " + file + " ls", "--cert"},
		{"--ca " + authority + " --local ls", "exclude each other"},
		{"--ca " + authority + " bench --compare", "without TLS"},
		{"--server '' ls", "must name a server"},
		{"--server h:x ls", `"h:x"`},
		{"--server h:1/../x ls", "h:1/../x"},
	} {
		args := strings.Fields(tt.args)
		for i, arg := range args {
			if arg == "''" {
				args[i] = ""
			}
		}
		r := zkdemo(t, args...)
		if r.code != exitUsage || r.out != "" || !strings.Contains(r.err, tt.says) {
			t.Errorf("zkdemo %s: exit code %d, want %d and %q\n%s%s", tt.args, r.code, exitUsage, tt.says, r.out, r.err)
		}
	}
}

func TestRun_DoesNotRepeatASecret(t *testing.T) {
	t.Parallel()
	r := zkdemo(t, "--auth", "hunter2", "ls").expect(t, exitUsage)
	if strings.Contains(r.out+r.err, "hunter2") {
		t.Errorf("the credential was printed: %s", r.err)
	}
}

func TestRun_ExplainsEveryCommand(t *testing.T) {
	t.Parallel()
	r := zkdemo(t, "help").expect(t, exitOK)
	says(t, r.out, "Exit codes:", "130  interrupted", "Examples:", "tour", "bench", "import", "export", "watch", "$ZKASYNC_SERVERS")
	for _, command := range []string{"tour", "ls", "tree", "stat", "get", "set", "create", "rm", "watch", "import", "export", "config", "bench", "server"} {
		help := zkdemo(t, "help", command).expect(t, exitOK).out
		says(t, help, "Usage:\n  zkdemo "+command, "Examples:")
		if flag := zkdemo(t, command, "--help").expect(t, exitOK).out; flag != help {
			t.Errorf("help %s and %s --help differ", command, command)
		}
		for line := range strings.Lines(help) {
			if strings.HasPrefix(line, "      --") || strings.HasPrefix(line, "  -") { // the table of flags cannot be narrower
				continue
			}
			if len(line) > 90 {
				t.Errorf("help %s has a long line: %s", command, line)
			}
		}
	}
	says(t, zkdemo(t, "--version").expect(t, exitOK).out, "zkdemo ")
}

func TestRun_SaysWhenThereIsNoServer(t *testing.T) {
	t.Parallel()
	r := zkdemo(t, "--server", "127.0.0.1:1", "--timeout", "300ms", "ls").expect(t, exitConnect)
	says(t, r.err, "127.0.0.1:1", "300ms", "refused")
	if strings.Contains(r.err, "--local") {
		t.Errorf("a hint that is only for users who have named no server: %s", r.err)
	}
}

func TestRun_TakesServersFromTheEnvironment(t *testing.T) {
	t.Setenv(serversVariable, "127.0.0.1:nonsense")
	says(t, zkdemo(t, "ls").expect(t, exitUsage).err, "$"+serversVariable, "nonsense")
	t.Setenv(serversVariable, "127.0.0.1:1")
	says(t, zkdemo(t, "ls", "--timeout", "200ms").expect(t, exitConnect).err, "127.0.0.1:1")
	t.Setenv(authVariable, "nonsense")
	says(t, zkdemo(t, "ls").expect(t, exitUsage).err, "$"+authVariable)
}
