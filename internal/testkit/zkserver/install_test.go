package zkserver

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clearEnvironment clears the variables that decide where ZooKeeper is found.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{jarEnv, homeEnv, "JAVA_HOME"} {
		t.Setenv(name, "")
	}
}

func TestInstalled_MissingNamesTheCommand(t *testing.T) {
	for _, env := range []string{jarEnv, homeEnv, "JAVA_HOME", "PATH"} {
		t.Run(env, func(t *testing.T) {
			clearEnvironment(t)
			nowhere := filepath.Join(t.TempDir(), "nowhere")
			t.Setenv(env, nowhere)
			_, errStart := Start(testContext(t))
			_, errEnsemble := StartEnsemble(testContext(t), 3)
			for _, err := range []error{Installed(), errStart, errEnsemble} {
				if !errors.Is(err, ErrNotInstalled) {
					t.Fatalf("error %v, want %v", err, ErrNotInstalled)
				}
				for _, want := range []string{"sudo apt-get install -y zookeeper", "make install-zookeeper"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error does not name %q:\n%v", want, err)
					}
				}
				if env != "PATH" && !strings.Contains(err.Error(), nowhere) {
					t.Errorf("the error does not name the wrong path:\n%v", err)
				}
			}
		})
	}
}

// recorder is a TB that fails without ending a test.
type recorder struct {
	*testing.T
	fatal string
}

func (r *recorder) Fatalf(format string, _ ...any) {
	r.fatal = format
	panic(r)
}

func TestRun_MissingFailsTheTest(t *testing.T) {
	clearEnvironment(t)
	t.Setenv(jarEnv, filepath.Join(t.TempDir(), "nowhere.jar"))
	for name, start := range map[string]func(TB){
		"Run":         func(tb TB) { Run(tb) },
		"RunEnsemble": func(tb TB) { RunEnsemble(tb) },
	} {
		r := &recorder{T: t}
		func() {
			defer func() {
				if p := recover(); p != nil && p != any(r) {
					panic(p)
				}
			}()
			start(r)
		}()
		if r.fatal == "" {
			t.Errorf("%s does not fail the test when ZooKeeper is missing", name)
		}
	}
}

func TestFind_Layouts(t *testing.T) {
	jar := func(elem ...string) string {
		path := filepath.Join(elem...)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, nil, 0o600))
		return path
	}
	dir := t.TempDir()
	old := filepath.Join(dir, "apache-zookeeper-3.4")
	wantOld := []string{jar(old, "zookeeper-3.4.14.jar"), jar(old, "lib", "slf4j-api.jar")}
	upstream := filepath.Join(dir, "apache-zookeeper-3.8")
	wantNew := []string{jar(upstream, "lib", "zookeeper-3.8.4.jar"), jar(upstream, "lib", "logback-core.jar")}
	flat := []string{jar(dir, "flat", "zk.jar"), jar(dir, "flat", "another.jar")}
	for _, tt := range []struct {
		name, env, value string
		want             []string
	}{
		{"release with the jar at the top", homeEnv, old, wantOld},
		{"release with all in lib", homeEnv, upstream, wantNew},
		{"jar and its neighbours", jarEnv, flat[0], flat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clearEnvironment(t)
			t.Setenv(tt.env, tt.value)
			got, err := findJars()
			must(t, err)
			if !slices.Equal(got, tt.want) {
				t.Errorf("class path %q, want %q", got, tt.want)
			}
		})
	}
}

// Debian's folder of jars contains several logging backends, of which ZooKeeper must
// get only one.
func TestFind_DebianTakesNamedJarsOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"zookeeper.jar", "zookeeper-jute.jar", "slf4j-simple.jar", "slf4j-nop.jar", "guava.jar"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	want := []string{
		filepath.Join(dir, "zookeeper.jar"),
		filepath.Join(dir, "zookeeper-jute.jar"),
		filepath.Join(dir, "slf4j-simple.jar"),
	}
	if got := debianJars(want[0]); !slices.Equal(got, want) {
		t.Errorf("class path %q, want %q", got, want)
	}
}
