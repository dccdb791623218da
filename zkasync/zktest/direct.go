package zktest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// The methods of this file read and write without a client. Writes are transactions like any other: they take zxids and
// fire watches. No permission is asked for.

// Put sets the data of a znode and creates it, and what is missing above it, if it is not there. It fails with go-zookeeper's
// errors.
func (s *Server) Put(path string, data []byte) error {
	s.w.lock()
	defer s.w.release()
	return s.w.put(path, data)
}

func (w *world) put(path string, data []byte) error {
	fail := func(code int32) error { return fmt.Errorf("zktest: put %q: %w", path, wire.ErrorOf(code)) }
	if !validPath(path) {
		return fail(codeBadArguments)
	}
	if w.leader == nil {
		return fmt.Errorf("zktest: put %q: no server leads", path)
	}
	if w.leader.tree.find(path) != nil {
		if code := w.direct(&operation{op: wire.OpSetData, path: text{s: path}, data: data, version: -1, ttl: -1}); code != codeOK {
			return fail(code)
		}
		return nil
	}
	for end := 1; end <= len(path); end++ {
		if end < len(path) && path[end] != '/' || w.leader.tree.find(path[:end]) != nil {
			continue
		}
		o := operation{op: wire.OpCreate, path: text{s: path[:end]}, acl: openACL.entries, ttl: -1}
		if end == len(path) {
			o.data = data
		}
		if code := w.direct(&o); code != codeOK {
			return fail(code)
		}
	}
	return nil
}

// direct commits a write of nobody's.
func (w *world) direct(o *operation) int32 {
	t := w.newTxn(0)
	p := plan{w: w, tree: w.leader.tree, ids: []identity{{schemeSuper, ""}}}
	p.operation(o, t)
	w.commit(t)
	return t.code
}

// Get returns the data of a znode as this server has it, and its stat. It fails with zk.ErrNoNode.
func (s *Server) Get(path string) ([]byte, zk.Stat, error) {
	s.w.lock()
	defer s.w.release()
	n := s.tree.find(path)
	if n == nil {
		return nil, zk.Stat{}, fmt.Errorf("zktest: get %q: %w", path, zk.ErrNoNode)
	}
	return slices.Clone(n.data), n.stat(), nil
}

// Delete deletes a znode and all that is below it, lowest first. It fails with go-zookeeper's errors.
func (s *Server) Delete(path string) error {
	s.w.lock()
	defer s.w.release()
	w := s.w
	if w.leader == nil {
		return fmt.Errorf("zktest: delete %q: no server leads", path)
	}
	n := w.leader.tree.find(path)
	if n == nil {
		return fmt.Errorf("zktest: delete %q: %w", path, zk.ErrNoNode)
	}
	var doomed []string
	collect(n, path, &doomed)
	for _, path := range slices.Backward(doomed) {
		if code := w.direct(&operation{op: wire.OpDelete, path: text{s: path}, version: -1, ttl: -1}); code != codeOK {
			return fmt.Errorf("zktest: delete %q: %w", path, wire.ErrorOf(code))
		}
	}
	return nil
}

// collect appends the paths of a znode and of all below it, parents first.
func collect(n *node, path string, list *[]string) {
	*list = append(*list, path)
	if n.kids != nil {
		for _, kid := range n.kids.list {
			collect(kid, strings.TrimSuffix(path, "/")+"/"+kid.name, list)
		}
	}
}

// Load puts znodes with data by their paths, in the order of the paths. It stops at the first that fails.
func (s *Server) Load(data map[string]string) error {
	for _, path := range slices.Sorted(maps.Keys(data)) {
		if err := s.Put(path, []byte(data[path])); err != nil {
			return err
		}
	}
	return nil
}

// LoadFS puts the files of a file system below a path, such as os.DirFS("testdata/tree") below "/". A folder becomes a
// znode without data. What is no regular file and no folder is an error.
func (s *Server) LoadFS(below string, fsys fs.FS) error {
	if !validPath(below) {
		return fmt.Errorf("zktest: load below %q: %w", below, zk.ErrInvalidPath)
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path := below
		if name != "." {
			path = strings.TrimSuffix(below, "/") + "/" + name
		}
		switch {
		case d.IsDir() && s.has(path):
			return nil
		case d.IsDir():
			return s.Put(path, nil)
		case !d.Type().IsRegular():
			return fmt.Errorf("%s: %w", name, errors.ErrUnsupported)
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return s.Put(path, data)
	})
	if err != nil {
		return fmt.Errorf("zktest: load below %q: %w", below, err)
	}
	return nil
}

func (s *Server) has(path string) bool {
	s.w.lock()
	defer s.w.release()
	return s.w.leader != nil && s.w.leader.tree.find(path) != nil
}
