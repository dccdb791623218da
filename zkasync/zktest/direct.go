package zktest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// The methods in this file read and write without a client. Writes are transactions like any other: they use up zxids and
// fire watches. Permissions are not checked.

// Put sets the data of a znode, and creates it and its missing parents if necessary. It fails with go-zookeeper's
// errors.
func (s *Server) Put(path string, data []byte) error {
	s.w.Lock()
	defer s.w.Unlock()
	return s.w.put(path, data)
}

func (w *world) put(path string, data []byte) error {
	fail := func(code int32) error { return fmt.Errorf("zktest: put %q: %w", path, wire.ErrorOf(code)) }
	if !znode.ValidPath(path) {
		return fail(wire.CodeBadArguments)
	}
	if w.Leader() == nil {
		return fmt.Errorf("zktest: put %q: no server leads", path)
	}
	if w.Leader().Tree().Find(path) != nil {
		if code := w.Do(&jute.Operation{Op: wire.OpSetData, Path: jute.Text{S: path}, Data: data, Version: -1, TTL: -1}); code != wire.CodeOK {
			return fail(code)
		}
		return nil
	}
	for end := 1; end <= len(path); end++ {
		if end < len(path) && path[end] != '/' || w.Leader().Tree().Find(path[:end]) != nil {
			continue
		}
		o := jute.Operation{Op: wire.OpCreate, Path: jute.Text{S: path[:end]}, ACL: acl.Open.Entries, TTL: -1}
		if end == len(path) {
			o.Data = data
		}
		if code := w.Do(&o); code != wire.CodeOK {
			return fail(code)
		}
	}
	return nil
}

// Get returns the data and the Stat of a znode, as this server has them. It fails with zk.ErrNoNode.
func (s *Server) Get(path string) ([]byte, zk.Stat, error) {
	s.w.Lock()
	defer s.w.Unlock()
	n := s.in.Tree().Find(path)
	if n == nil {
		return nil, zk.Stat{}, fmt.Errorf("zktest: get %q: %w", path, zk.ErrNoNode)
	}
	return slices.Clone(n.Data), n.Stat(), nil
}

// Delete deletes a znode and everything below it, lowest first. It fails with go-zookeeper's errors.
func (s *Server) Delete(path string) error {
	s.w.Lock()
	defer s.w.Unlock()
	w := s.w
	if w.Leader() == nil {
		return fmt.Errorf("zktest: delete %q: no server leads", path)
	}
	n := w.Leader().Tree().Find(path)
	if n == nil {
		return fmt.Errorf("zktest: delete %q: %w", path, zk.ErrNoNode)
	}
	var doomed []string
	collect(n, path, &doomed)
	for _, path := range slices.Backward(doomed) {
		if code := w.Do(&jute.Operation{Op: wire.OpDelete, Path: jute.Text{S: path}, Version: -1, TTL: -1}); code != wire.CodeOK {
			return fmt.Errorf("zktest: delete %q: %w", path, wire.ErrorOf(code))
		}
	}
	return nil
}

// collect appends the paths of a znode and of everything below it, parents first.
func collect(n *znode.Node, path string, list *[]string) {
	*list = append(*list, path)
	for _, kid := range n.Kids() {
		collect(kid, strings.TrimSuffix(path, "/")+"/"+kid.Name, list)
	}
}

// Load calls Put for each path and its data, in the order of the paths. It stops at the first error.
func (s *Server) Load(data map[string]string) error {
	for _, path := range slices.Sorted(maps.Keys(data)) {
		if err := s.Put(path, []byte(data[path])); err != nil {
			return err
		}
	}
	return nil
}

// LoadFS creates znodes below a path from the files of a file system, such as os.DirFS("testdata/tree"). A folder becomes
// a znode without data. Anything that is neither a regular file nor a folder is an error.
func (s *Server) LoadFS(below string, fsys fs.FS) error {
	if !znode.ValidPath(below) {
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
	s.w.Lock()
	defer s.w.Unlock()
	return s.w.Leader() != nil && s.w.Leader().Tree().Find(path) != nil
}
