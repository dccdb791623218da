package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// treeRow has the measurements of one task on a whole tree.
type treeRow struct {
	what    string
	znodes  int
	seconds series
}

const (
	treeRoot  = "/bench-tree"
	treeDir   = 1_000 // znodes in each directory
	treeDepth = 1_000 // requests in flight
	treeTop   = 2     // rounds at most
)

// tree is a tree on a real server. It has directories with leaves of 100 B.
type tree struct {
	*async
	addr string
	dirs []string
	leaf []string
}

func newTree(a *async, addr string, znodes int) *tree {
	t := &tree{async: a, addr: addr}
	for i := range znodes {
		if i%treeDir == 0 {
			t.dirs = append(t.dirs, fmt.Sprintf("%s/%06d", treeRoot, i/treeDir))
		}
		t.leaf = append(t.leaf, fmt.Sprintf("%s/%06d", t.dirs[len(t.dirs)-1], i))
	}
	return t
}

func (r *report) measureTree(ctx context.Context) error {
	addr, err := r.servers.addr(ctx, serverReal, base)
	if err != nil {
		return err
	}
	a, err := newAsync(ctx, addr)
	if err != nil {
		return err
	}
	defer a.close()
	t := newTree(a, addr, r.settings.tree)
	files, err := os.MkdirTemp("", "bench-tree-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(files)
	exported := filepath.Join(files, "tree")
	for round := range min(r.rounds, treeTop) {
		works := []treeWork{
			{what: treeCreate, run: timed(t.create)},
			{what: treeGets, run: timed(t.gets)},
			{what: treeWalk, run: timed(t.walk)},
			{what: treeGets, run: timed(t.gets)}, // several times, since the other tasks are compared with it
			{what: treeWalk, run: timed(t.walk)},
			{what: treeArchive, run: func() (time.Duration, error) {
				return t.transfer(ctx, r.zkdemo, "export", treeRoot, filepath.Join(files, "tar"), "--tar")
			}},
			{what: treeGets, run: timed(t.gets)},
			{what: treeExport, run: func() (time.Duration, error) { return t.transfer(ctx, r.zkdemo, "export", treeRoot, exported) }},
			{what: treeEnsure, run: timed(func() error { return t.ensure(round) })},
			{what: treeDelete, run: timed(t.deleteAll)},
			{what: treeImport, run: func() (time.Duration, error) { return t.transfer(ctx, r.zkdemo, "import", exported, treeRoot) }},
			{what: treeDelete, run: timed(t.deleteAll)},
			{what: treeBulkCreate, run: timed(t.bulkCreate)},
			{what: treeBulkSet, run: timed(t.bulkSet)},
			{what: treeBulkDelete, run: timed(t.bulkDelete)},
		}
		if round == 0 { // once, and with fewer znodes: it takes long
			works = append(works, newTree(a, addr, max(1, r.settings.tree/blockingShare)).blockingWorks(exported)...)
		}
		for _, work := range works {
			if r.zkdemo == "" && work.exports() {
				continue
			}
			took, err := work.run()
			if err != nil {
				return fmt.Errorf("%s: %w", work.what, err)
			}
			if work.what == "" {
				continue
			}
			if work.znodes == 0 {
				work.znodes = len(t.leaf)
			}
			r.addTree(work.what, work.znodes, took)
			fmt.Printf("BenchmarkTree/%s/znodes=%d 1 %d ns/op\n", strings.ReplaceAll(work.what, " ", "-"), work.znodes, took)
		}
	}
	return nil
}

// treeWork is one of the tasks.
type treeWork struct {
	what   string // "" if it is not measured
	run    func() (time.Duration, error)
	znodes int // 0: as many as the tree has
}

// exports reports whether the work is one of zkdemo's, or is about the files that it has exported.
func (w treeWork) exports() bool {
	return slices.Contains([]string{treeArchive, treeExport, treeImport, treeBlockingImport}, w.what)
}

// The tasks.
const (
	treeCreate  = "create"
	treeGets    = "get, all paths known"
	treeWalk    = "children and get"
	treeArchive = "zkdemo export to a tar archive"
	treeExport  = "zkdemo export to files"
	treeEnsure  = "ensure path, 5 levels"
	treeDelete  = "delete all"
	treeImport  = "zkdemo import of these files"

	treeBulkCreate = "create, by Bulk"
	treeBulkSet    = "set, by Bulk"
	treeBulkDelete = "delete, all paths known, by Bulk"
)

func (r *report) addTree(what string, znodes int, took time.Duration) {
	if what == treeEnsure {
		znodes /= ensureShare
	}
	for i := range r.tree {
		if r.tree[i].what == what {
			r.tree[i].seconds = append(r.tree[i].seconds, took.Seconds())
			return
		}
	}
	r.tree = append(r.tree, treeRow{what, znodes, series{took.Seconds()}})
}

func timed(f func() error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		start := time.Now()
		err := f()
		return time.Since(start), err
	}
}

// each runs n operations with treeDepth in flight.
func each[T any](n int, start func(i int) *future.Future[T]) error {
	room := newCredit(treeDepth)
	var failure atomic.Pointer[error]
	for i := range n {
		room.take()
		start(i).OnDone(func(_ T, err error) {
			if err != nil {
				failure.CompareAndSwap(nil, &err)
			}
			room.give()
		})
	}
	room.drain()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (t *tree) create() error {
	data := make([]byte, base.size)
	parents := append([]string{treeRoot}, t.dirs...)
	err := each(len(parents), func(i int) *future.Future[zkasync.Created] { return t.c.Create(t.ctx, parents[i], nil) })
	return errors.Join(err, each(len(t.leaf), func(i int) *future.Future[zkasync.Created] {
		return t.c.Create(t.ctx, t.leaf[i], data)
	}))
}

func (t *tree) bulkCreate() error {
	data := make([]byte, base.size)
	bulk := t.c.Bulk(t.ctx)
	all := slices.Concat([]string{treeRoot}, t.dirs, t.leaf)
	return each(len(all), func(i int) *future.Future[zkasync.Created] {
		if i <= len(t.dirs) {
			return bulk.Create(all[i], nil)
		}
		return bulk.Create(all[i], data)
	})
}

func (t *tree) bulkSet() error {
	data := make([]byte, base.size)
	bulk := t.c.Bulk(t.ctx)
	return each(len(t.leaf), func(i int) *future.Future[zk.Stat] { return bulk.Set(t.leaf[i], data, zkasync.AnyVersion) })
}

func (t *tree) bulkDelete() error {
	bulk := t.c.Bulk(t.ctx)
	all := slices.Concat(t.leaf, t.dirs, []string{treeRoot})
	return each(len(all), func(i int) *future.Future[future.Void] { return bulk.Delete(all[i], zkasync.AnyVersion) })
}

func (t *tree) gets() error {
	return each(len(t.leaf), func(i int) *future.Future[zkasync.Node] { return t.c.Get(t.ctx, t.leaf[i]) })
}

// walk lists the directories to find the leaves, and then reads all leaves.
func (t *tree) walk() error {
	top, err := t.c.Children(t.ctx, treeRoot).Get(t.ctx)
	if err != nil {
		return err
	}
	listed := make([]*future.Future[zkasync.Children], len(top.Names))
	for i, name := range top.Names {
		listed[i] = t.c.Children(t.ctx, treeRoot+"/"+name)
	}
	var leaves []string
	for i, name := range top.Names {
		children, err := listed[i].Get(t.ctx)
		if err != nil {
			return err
		}
		for _, leaf := range children.Names {
			leaves = append(leaves, treeRoot+"/"+name+"/"+leaf)
		}
	}
	if len(leaves) != len(t.leaf) {
		return fmt.Errorf("%d leaves found, %d created", len(leaves), len(t.leaf))
	}
	return each(len(leaves), func(i int) *future.Future[zkasync.Node] { return t.c.Get(t.ctx, leaves[i]) })
}

// transfer returns what zkdemo says that an export or import took: without the start of the process.
func (t *tree) transfer(ctx context.Context, zkdemo, verb, from, to string, flags ...string) (time.Duration, error) {
	if verb == "export" {
		if err := os.RemoveAll(to); err != nil {
			return 0, err
		}
	}
	args := append([]string{verb, "--server", t.addr, "--json", "--quiet", from, to}, flags...)
	cmd := exec.CommandContext(ctx, zkdemo, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	var answer struct {
		Files   int
		Seconds float64
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return 0, err
	}
	if answer.Files != len(t.leaf) {
		return 0, fmt.Errorf("%d files of %d", answer.Files, len(t.leaf))
	}
	return time.Duration(answer.Seconds * float64(time.Second)), nil
}

// ensureShare is how many times fewer paths are ensured than there are leaves. Each path has five znodes, some of which exist
// already.
const ensureShare = 10

func (t *tree) ensure(round int) error {
	n := max(1, len(t.leaf)/ensureShare)
	return each(n, func(i int) *future.Future[string] {
		return t.c.EnsurePath(t.ctx, fmt.Sprintf("%s/ensured-%d/%d/%d/%d", treeRoot, round, i%10, i%100, i))
	})
}

func (t *tree) deleteAll() error {
	n, err := t.c.DeleteAll(t.ctx, treeRoot).Get(t.ctx)
	if err == nil && n < len(t.leaf) {
		err = errors.New("only " + strconv.Itoa(n) + " deleted")
	}
	return err
}
