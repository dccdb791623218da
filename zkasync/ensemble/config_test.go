package ensemble_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

func TestParse_WhatServersWrite(t *testing.T) {
	t.Parallel()
	const text = "server.3=zk3.test:2888:3888:observer;[2001:db8::3]:2181\n" +
		"server.1=zk1.test:2888:3888:participant;0.0.0.0:2181\n" +
		"server.2=10.0.0.2:2888:3888|10.1.0.2:2889:3889:participant\n" +
		"group.1=1:2\n" +
		"version=10000000f"
	got, err := ensemble.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want := ensemble.Config{
		Servers: []ensemble.Server{
			{ID: 1, Addresses: []ensemble.Address{{"zk1.test", 2888, 3888}}, Client: "0.0.0.0:2181"},
			{ID: 2, Addresses: []ensemble.Address{{"10.0.0.2", 2888, 3888}, {"10.1.0.2", 2889, 3889}}},
			{ID: 3, Addresses: []ensemble.Address{{"zk3.test", 2888, 3888}}, Role: ensemble.Observer, Client: "[2001:db8::3]:2181"},
		},
		Version: 0x10000000f,
		Other:   []string{"group.1=1:2"},
		Text:    text,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if n := got.Participants(); n != 2 {
		t.Errorf("%d participants, want 2", n)
	}
	addrs, complete := got.ClientAddrs()
	if want := []string{"zk1.test:2181", "[2001:db8::3]:2181"}; !slices.Equal(addrs, want) || complete {
		t.Errorf("addresses %q, complete: %v; want %q and not all", addrs, complete, want)
	}
	again, err := ensemble.Parse(got.String())
	if again.Text = text; err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("%v: %q became %+v", err, got.String(), again)
	}
}

func TestParse_BlanksCommentsAndNothing(t *testing.T) {
	t.Parallel()
	c, err := ensemble.Parse("# by hand\r\n\r\n  server.1 = a:1:2 ; 2181 \r\n! too\nversion = 0\n")
	if err != nil || len(c.Servers) != 1 || c.Servers[0].Client != "0.0.0.0:2181" || c.Version != 0 || len(c.Other) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, text := range []string{"", "\n"} { // a standalone server's
		c, err := ensemble.Parse(text)
		addrs, complete := c.ClientAddrs()
		if err != nil || len(c.Servers) != 0 || addrs != nil || complete {
			t.Errorf("%q is %+v, %v", text, c, err)
		}
	}
}

func TestParse_NamesTheLineAndTheRule(t *testing.T) {
	t.Parallel()
	for line, rule := range map[string]string{
		"server.=a:1:2":                             `""`,
		"server.x=a:1:2":                            `"x"`,
		"server.-1=a:1:2":                           `"-1"`,
		"server.1":                                  "server.ID=HOST:PORT:PORT",
		"server.1=":                                 "host",
		"server.1=a":                                "HOST:PORT:PORT",
		"server.1=a:1":                              "HOST:PORT:PORT",
		"server.1=a:1:2:observer:3":                 "HOST:PORT:PORT",
		"server.1=a:1:1":                            "same",
		"server.1=a:0:2":                            `"0"`,
		"server.1=a:1:65536":                        `"65536"`,
		"server.1=a:+1:2":                           `"+1"`,
		"server.1=a:01:2":                           `"01"`,
		"server.1=:1:2":                             "host",
		"server.1=a b:1:2":                          "host",
		"server.1=::1:2888:3888":                    "brackets",
		"server.1=[::1:2888:3888":                   "[IPv6]",
		"server.1=[::1]2888:3888":                   "[IPv6]",
		"server.1=[10.0.0.1]:2888:3888":             "IPv6",
		"server.1=a:1:2:leader":                     `"leader"`,
		"server.1=a:1:2:observer|b:1:2:participant": "differs",
		"server.1=a:1:2;x":                          `"x"`,
		"server.1=a:1:2;a:b:c":                      "HOST:PORT",
		"server.1=a:1:2;2181;99999":                 `"99999"`,
		"server.1=a:1:2;2181;1;2":                   `"1;2"`,
		"version=xyz":                               `"xyz"`,
		"version=-1":                                `"-1"`,
		"version=":                                  `""`,
	} {
		text := "server.9=z:1:2\n" + line
		_, err := ensemble.Parse(text)
		var bad *ensemble.ParseError
		if !errors.As(err, &bad) || bad.Line != line || bad.Text != text || errors.Unwrap(err) == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("%q: %v, want %q in it", line, err, rule)
		}
		if strings.HasPrefix(line, "server.") {
			if s, err := ensemble.ParseServer(line); err == nil || !strings.Contains(err.Error(), rule) {
				t.Errorf("%q is server %+v, %v", line, s, err)
			}
		}
	}
	for _, twice := range []string{"server.1=a:1:2\nserver.1=b:1:2", "version=1\nversion=1"} {
		if _, err := ensemble.Parse(twice); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%q: %v", twice, err)
		}
	}
}

func TestServer_WhereClientsReachIt(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		"server.1=zk1:1:2":                         {"", ""},
		"server.1=zk1:1:2;2181":                    {"zk1:2181", ""},
		"server.1=zk1:1:2;0.0.0.0:2181":            {"zk1:2181", ""},
		"server.1=zk1:1:2;[::]:2181":               {"zk1:2181", ""},
		"server.1=zk1:1:2;[0:0:0:0:0:0:0:0]:2181":  {"zk1:2181", ""},
		"server.1=zk1:1:2|zk1b:1:2;2181":           {"zk1:2181", ""},
		"server.1=zk1:1:2;front:2181":              {"front:2181", ""},
		"server.1=[2001:db8::1]:1:2;2181":          {"[2001:db8::1]:2181", ""},
		"server.1=0.0.0.0:1:2;2181":                {"", ""}, // as each server sees itself in some files
		"server.1=0.0.0.0:1:2;10.0.0.1:2181":       {"10.0.0.1:2181", ""},
		"server.1=zk1:1:2:observer;2181;2182":      {"zk1:2181", "zk1:2182"},
		"server.1=zk1:1:2:participant;;front:2182": {"", "front:2182"},
	} {
		s, err := ensemble.ParseServer(line)
		if got := [2]string{s.ClientAddr(), s.SecureClientAddr()}; err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
		if again, err := ensemble.ParseServer(s.String()); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q became %q, which is %+v, %v", line, s, again, err)
		}
	}
	if (ensemble.Server{}).ClientAddr() != "" || (ensemble.Server{Client: "0.0.0.0:1"}).ClientAddr() != "" {
		t.Error("a server without an address is reached somewhere")
	}
	if s := ensemble.Role(7).String(); s != "Role(invalid)" {
		t.Errorf("role 7 is %s", s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("server.1=zk1:2888:3888:participant;0.0.0.0:2181\nversion=100000003")
	f.Add("server.2=[::1]:1:2|b:3:4:observer;[::]:5;6\ngroup.1=2\n# x\nversion=0")
	f.Add("server.1=;\n=\nserver.=:::;;;|||\nversion")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ensemble.Parse(text)
		if err != nil {
			var bad *ensemble.ParseError
			if !errors.As(err, &bad) || bad.Text != text || !strings.Contains(text, bad.Line) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		addrs, complete := c.ClientAddrs()
		if len(addrs) > len(c.Servers) || complete && len(addrs) == 0 {
			t.Fatalf("%q: addresses %q, all of them: %v", text, addrs, complete)
		}
		again, err := ensemble.Parse(c.String())
		if again.Text = text; err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%q: %+v became %+v, %v", text, c, again, err)
		}
	})
}
