package docs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/zkasync/zkasync-go/"

// rooms are the packages of the library, each with the packages of this module that it may import. Arrows lead only from a room to
// lower ones; a package must not import what is not listed.
var rooms = map[string][]string{
	"future":          {},
	"handler":         {},
	"internal/chance": {},
	"internal/shrink": {},
	"internal/wire":   {},
	"internal/mux": {"internal/wire", inMux + "flight", inMux + "foreign", inMux + "inbox", inMux + "joined", inMux + "queue",
		inMux + "request"},
	inMux + "flight":  {"internal/wire", inMux + "request", inMux + "ring"},
	inMux + "foreign": {"internal/wire", inMux + "request"},
	inMux + "inbox":   {inMux + "request"},
	inMux + "joined":  {"internal/wire", inMux + "request"},
	inMux + "queue":   {inMux + "request", inMux + "ring"},
	inMux + "request": {"internal/wire"},
	inMux + "ring":    {},
	"internal/watch":  {"internal/mux", "internal/shrink", "internal/wire"},
	"internal/feed":   {},
	"internal/walk":   {"future"},
	"internal/hosts":  {"internal/chance"},
	"internal/reach":  {"internal/hosts", "internal/mux"},
	"internal/session": {"internal/hosts", "internal/mux", "internal/reach", "internal/watch",
		"internal/wire"},
	"internal/login":   {"internal/mux", "internal/wire", "zkasync/sasl"},
	"zkasync/ensemble": {},
	"zkasync": {"future", "handler", "zkasync/ensemble", "internal/chance", "internal/feed", "internal/hosts", "internal/mux",
		"internal/reach", "internal/session", "internal/shrink", "internal/walk", "internal/watch",
		"internal/wire",
		"internal/login", "zkasync/sasl"},
	"zkasync/tlsfiles":               {},
	"zkasync/sasl":                   {},
	"zkasync/recipe/internal/core":   {"future", "zkasync"},
	"zkasync/recipe/internal/stream": {},
	"zkasync/recipe":                 {"future", "zkasync", "zkasync/recipe/internal/core", "zkasync/recipe/internal/stream"},
	"zkasync/recipe/cache":           {"future", "zkasync", "zkasync/recipe/internal/core", "zkasync/recipe/internal/stream"},
	"zkasync/recipe/typed":           {"future", "zkasync", "zkasync/recipe", "zkasync/recipe/internal/core"},
	"zkasync/recipe/discovery": {"future", "zkasync", "zkasync/recipe", "zkasync/recipe/internal/core",
		"zkasync/recipe/internal/stream"},
	"zkasync/zktest": {"zkasync", "zkasync/ensemble", "internal/wire", inServer + "acl", inServer + "fourletter", inServer + "history", inServer + "jute",
		inServer + "link", inServer + "release", inServer + "serve", inServer + "timed", inServer + "znode"},
	inServer + "acl":        {inServer + "javahash"},
	inServer + "answer":     {"internal/wire", inServer + "acl", inServer + "javahash", inServer + "jute", inServer + "release", inServer + "watch", inServer + "znode"},
	inServer + "fourletter": {"internal/wire", inServer + "serve", inServer + "watch", inServer + "znode"},
	inServer + "history": {"internal/wire", "zkasync/ensemble", inServer + "acl", inServer + "javahash", inServer + "jute", inServer + "plan", inServer + "timed",
		inServer + "watch", inServer + "znode"},
	inServer + "javahash": {},
	inServer + "jute":     {"internal/wire", inServer + "acl", inServer + "release"},
	inServer + "link":     {},
	inServer + "plan":     {"internal/wire", "zkasync/ensemble", inServer + "acl", inServer + "jute", inServer + "release", inServer + "znode"},
	inServer + "release":  {"internal/wire"},
	inServer + "sasl":     {},
	inServer + "serve": {"internal/wire", inServer + "acl", inServer + "answer", inServer + "history", inServer + "jute", inServer + "link",
		inServer + "sasl", inServer + "timed", inServer + "watch", inServer + "znode"},
	inServer + "timed": {},
	inServer + "watch": {"internal/wire", inServer + "acl", inServer + "release", inServer + "znode"},
	inServer + "znode": {"internal/wire", inServer + "acl"},
}

// The folders with the inner packages of the multiplexer and of the server in memory.
const (
	inMux    = "internal/mux/internal/"
	inServer = "zkasync/zktest/internal/"
)

func TestArrows_LeadDown(t *testing.T) {
	t.Parallel()
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		files := parse(t, root+"/"+room, false)
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

// The only other module that the library imports is go-zookeeper.
func TestArrows_LeadToNoOtherModule(t *testing.T) {
	t.Parallel()
	for room := range rooms {
		for _, f := range parse(t, root+"/"+room, false) {
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
