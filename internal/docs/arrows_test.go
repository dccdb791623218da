package docs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/zkasync/zkasync-go/"

// rooms are the packages of the library, each with those that it may import. An arrow leads from a room to a lower one only:
// what is not listed here is not to be imported.
var rooms = map[string][]string{
	"future":                  {},
	"handler":                 {},
	"zkasync/internal/chance": {},
	"zkasync/internal/shrink": {},
	"zkasync/internal/wire":   {},
	"zkasync/internal/mux": {"zkasync/internal/wire", inMux + "flight", inMux + "foreign", inMux + "inbox", inMux + "joined", inMux + "queue",
		inMux + "request"},
	inMux + "flight":         {"zkasync/internal/wire", inMux + "request", inMux + "ring"},
	inMux + "foreign":        {"zkasync/internal/wire", inMux + "request"},
	inMux + "inbox":          {inMux + "request"},
	inMux + "joined":         {"zkasync/internal/wire", inMux + "request"},
	inMux + "queue":          {inMux + "request", inMux + "ring"},
	inMux + "request":        {"zkasync/internal/wire"},
	inMux + "ring":           {},
	"zkasync/internal/watch": {"future", "zkasync/internal/mux", "zkasync/internal/shrink", "zkasync/internal/wire"},
	"zkasync/internal/feed":  {},
	"zkasync/internal/hosts": {"zkasync/internal/chance"},
	"zkasync/internal/reach": {"zkasync/internal/hosts", "zkasync/internal/mux"},
	"zkasync/internal/session": {"zkasync/internal/hosts", "zkasync/internal/mux", "zkasync/internal/reach", "zkasync/internal/watch",
		"zkasync/internal/wire"},
	"zkasync": {"future", "handler", "zkasync/internal/chance", "zkasync/internal/feed", "zkasync/internal/hosts", "zkasync/internal/mux",
		"zkasync/internal/reach", "zkasync/internal/session", "zkasync/internal/shrink", "zkasync/internal/watch",
		"zkasync/internal/wire"},
	"zkasync/recipe/internal/stream": {},
	"zkasync/recipe":                 {"future", "zkasync", "zkasync/recipe/internal/stream"},
	"zkasync/recipe/cache":           {"future", "zkasync", "zkasync/recipe/internal/stream"},
	"zkasync/recipe/discovery":       {"future", "zkasync", "zkasync/recipe"},
	"zkasync/zktest": {"zkasync", "zkasync/internal/wire", inServer + "acl", inServer + "fourletter", inServer + "history", inServer + "jute",
		inServer + "link", inServer + "release", inServer + "serve", inServer + "timed", inServer + "znode"},
	inServer + "acl":        {inServer + "javahash"},
	inServer + "answer":     {"zkasync/internal/wire", inServer + "acl", inServer + "javahash", inServer + "jute", inServer + "release", inServer + "watch", inServer + "znode"},
	inServer + "fourletter": {inServer + "serve", inServer + "watch", inServer + "znode"},
	inServer + "history": {"zkasync/internal/wire", inServer + "acl", inServer + "javahash", inServer + "jute", inServer + "plan", inServer + "timed",
		inServer + "watch", inServer + "znode"},
	inServer + "javahash": {},
	inServer + "jute":     {"zkasync/internal/wire", inServer + "acl", inServer + "release"},
	inServer + "link":     {},
	inServer + "plan":     {"zkasync/internal/wire", inServer + "acl", inServer + "jute", inServer + "release", inServer + "znode"},
	inServer + "release":  {"zkasync/internal/wire"},
	inServer + "sasl":     {},
	inServer + "serve": {"zkasync/internal/wire", inServer + "acl", inServer + "answer", inServer + "history", inServer + "jute", inServer + "link",
		inServer + "sasl", inServer + "timed", inServer + "watch", inServer + "znode"},
	inServer + "timed": {},
	inServer + "watch": {"zkasync/internal/wire", inServer + "acl", inServer + "release", inServer + "znode"},
	inServer + "znode": {"zkasync/internal/wire", inServer + "acl"},
}

// Where the rooms of a connection are, and those of the server in memory.
const (
	inMux    = "zkasync/internal/mux/internal/"
	inServer = "zkasync/zktest/internal/"
)

func TestArrows_LeadDown(t *testing.T) {
	t.Parallel()
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		files := parse(t, "../../"+room, false)
		if len(files) == 0 {
			t.Errorf("%s has no files", room)
		}
		for _, f := range files {
			for _, imp := range f.Imports {
				path, err := strconv.Unquote(imp.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				lower, ours := strings.CutPrefix(path, module)
				if ours && !slices.Contains(rooms[room], lower) {
					t.Errorf("%s imports %s", room, lower)
				}
			}
		}
	}
}

// What the library imports of others is go-zookeeper alone.
func TestArrows_LeadToNoOtherModule(t *testing.T) {
	t.Parallel()
	for room := range rooms {
		for _, f := range parse(t, "../../"+room, false) {
			for _, imp := range f.Imports {
				path, _ := strconv.Unquote(imp.Path.Value)
				host, _, _ := strings.Cut(path, "/")
				if strings.Contains(host, ".") && !strings.HasPrefix(path, module) && path != "github.com/go-zookeeper/zk" {
					t.Errorf("%s imports %s", room, path)
				}
			}
		}
	}
}
