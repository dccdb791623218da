package main

import (
	"encoding/json"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
)

func TestDiscovery_RegistersAndFollows(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	seen := start(t, "discovery", "watch", "/services", "web", server)
	seen.out.await(t, "0 instances")
	says(t, zkdemo(t, "discovery", "provide", "/services", "web", server, "--timeout", "2s").expect(t, exitFailed).err, "no answer within 2s")
	one := start(t, "discovery", "register", "/services", "web", server, "--id", "one", "--address", "10.0.0.1", "--port", "80")
	one.out.await(t, "registered /services/web/one: 10.0.0.1:80")
	seen.out.await(t, "1 instance\n    one  10.0.0.1:80\n")
	static := zkdemo(t, "discovery", "register", "/services", "web", server, "--id", "two", "--address", "h", "--ssl-port", "443", "--type", "STATIC",
		"--payload", `{"zone":"a"}`, "--uri", "{scheme}://{address}:{ssl-port}/{id}", "--json").expect(t, exitOK)
	says(t, static.out, `"id":"two"`, `"payload":{"zone":"a"}`, `"serviceType":"STATIC"`)
	seen.out.await(t, "2 instances\n    one  10.0.0.1:80\n    two  https://h:443/two  STATIC  ")

	says(t, zkdemo(t, "discovery", "list", "/services", server).expect(t, exitOK).out, "web\n")
	says(t, zkdemo(t, "discovery", "list", "/services", "web", server).expect(t, exitOK).out, "one  10.0.0.1:80\ntwo  https://h:443/two  STATIC")
	robin := zkdemo(t, "discovery", "provide", "/services", "web", server, "--strategy", "round-robin", "-n", "3").expect(t, exitOK)
	if want := "10.0.0.1:80\nhttps://h:443/two\n10.0.0.1:80\n"; robin.out != want {
		t.Errorf("one after the other: %s", robin.out)
	}
	says(t, zkdemo(t, "discovery", "provide", "/services", "web", server, "--strategy", "sticky", "--json").expect(t, exitOK).out, `{"name":"web","id":"`)
	one.interrupt(t).expect(t, exitInterrupted)
	seen.out.await(t, "1 instance\n    two")

	if _, err := c.Create(t.Context(), "/services/web/notes", []byte("none"), zkasync.MakeParents()).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen.out.await(t, "skipped /services/web/notes: not the JSON of a service instance")
	listed := zkdemo(t, "discovery", "list", "/services", "web", server, "--json").expect(t, exitSkipped)
	var got serviceJSON
	if err := json.Unmarshal([]byte(listed.out), &got); err != nil || len(got.Instances) != 1 || got.Instances[0].SSLPort != 443 || len(got.Skipped) != 1 {
		t.Errorf("%v: %s", err, listed.out)
	}
	says(t, listed.err, "/services/web/notes: not the JSON")
	seen.interrupt(t).expect(t, exitInterrupted)
}

func TestDiscovery_RefusesWrongUsage(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--payload {":             {"register", "/s", "web", "--payload", "{"},
		"--uri":                   {"register", "/s", "web", "--uri", "{a"},
		"--type":                  {"register", "/s", "web", "--type", "ETERNAL"},
		"--strategy":              {"provide", "/s", "web", "--strategy", "best"},
		"--count 0":               {"provide", "/s", "web", "-n", "0"},
		"missing":                 {"watch", "/s"},
		"one argument":            {"list", "/s", "web", "more"},
		"s\": ":                   {"list", "s"},
		"has no slash":            {"list", "/s", "a/b"},
		"port -1: ":               {"register", "/s", "web", "--port", "-1"},
		"no command \"nonsense\"": {"nonsense"},
	} {
		says(t, zkdemo(t, append([]string{"discovery"}, args...)...).expect(t, exitUsage).err, want)
	}
}
