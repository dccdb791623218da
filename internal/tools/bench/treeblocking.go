package main

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// The works as go-zookeeper does them, a goroutine for each call. What it has no call for is written here as its users write it.
const (
	treeBlockingCreate = "create, go-zookeeper"
	treeBlockingGets   = "get, all paths known, go-zookeeper"
	treeBlockingSet    = "set, go-zookeeper"
	treeBlockingExport = "export to a tar archive, go-zookeeper"
	treeBlockingDelete = "delete, all paths known, go-zookeeper"
	treeBlockingImport = "import of these files, go-zookeeper"
)

// blockingShare: go-zookeeper's trees are so many times smaller.
const blockingShare = 5

// blockingWorks are those of go-zookeeper; exported is the directory of zkdemo's export, which has the files of a larger tree.
func (t *tree) blockingWorks(exported string) []treeWork {
	with := func(what string, do func(c *zk.Conn) error) treeWork {
		return treeWork{what: what, znodes: len(t.leaf), run: timed(func() error {
			b, err := newBlocking(t.ctx, t.addr, 0)
			if err != nil {
				return err
			}
			defer b.close()
			return do(b.conn)
		})}
	}
	return []treeWork{
		with(treeBlockingCreate, t.blockingCreate),
		with(treeBlockingGets, t.blockingGets),
		with(treeBlockingSet, t.blockingSet),
		with(treeBlockingExport, t.blockingExport),
		with(treeBlockingDelete, t.blockingDelete),
		with(treeBlockingImport, func(c *zk.Conn) error { return t.blockingImport(c, exported) }),
		{run: timed(t.deleteAll)},
	}
}

// blockingParents creates the znodes that have children.
func (t *tree) blockingParents(c *zk.Conn) error {
	if _, err := c.Create(treeRoot, nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
		return err
	}
	return eachBlocking(len(t.dirs), func(i int) error {
		_, err := c.Create(t.dirs[i], nil, 0, zk.WorldACL(zk.PermAll))
		return err
	})
}

func (t *tree) blockingCreate(c *zk.Conn) error {
	if err := t.blockingParents(c); err != nil {
		return err
	}
	data := make([]byte, base.size)
	return eachBlocking(len(t.leaf), func(i int) error {
		_, err := c.Create(t.leaf[i], data, 0, zk.WorldACL(zk.PermAll))
		return err
	})
}

func (t *tree) blockingGets(c *zk.Conn) error {
	return eachBlocking(len(t.leaf), func(i int) error {
		_, _, err := c.Get(t.leaf[i])
		return err
	})
}

func (t *tree) blockingSet(c *zk.Conn) error {
	data := make([]byte, base.size)
	return eachBlocking(len(t.leaf), func(i int) error {
		_, err := c.Set(t.leaf[i], data, -1)
		return err
	})
}

func (t *tree) blockingDelete(c *zk.Conn) error {
	if err := eachBlocking(len(t.leaf), func(i int) error { return c.Delete(t.leaf[i], -1) }); err != nil {
		return err
	}
	if err := eachBlocking(len(t.dirs), func(i int) error { return c.Delete(t.dirs[i], -1) }); err != nil {
		return err
	}
	return c.Delete(treeRoot, -1)
}

// blockingExport lists the directories, reads the leaves and writes them in order.
func (t *tree) blockingExport(c *zk.Conn) error {
	dirs, _, err := c.Children(treeRoot)
	if err != nil {
		return err
	}
	names := make([][]string, len(dirs))
	if err := eachBlocking(len(dirs), func(i int) (err error) {
		names[i], _, err = c.Children(treeRoot + "/" + dirs[i])
		return err
	}); err != nil {
		return err
	}
	var paths []string
	for i, dir := range dirs {
		for _, name := range names[i] {
			paths = append(paths, treeRoot+"/"+dir+"/"+name)
		}
	}
	f, err := os.CreateTemp("", "bench-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	out := tar.NewWriter(f)
	for some := range slices.Chunk(paths, treeDepth) {
		data := make([][]byte, len(some))
		if err := eachBlocking(len(some), func(i int) (err error) {
			data[i], _, err = c.Get(some[i])
			return err
		}); err != nil {
			return err
		}
		for i, path := range some {
			if err := writeTar(out, strings.TrimPrefix(path, treeRoot+"/"), data[i]); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

func writeTar(out *tar.Writer, name string, data []byte) error {
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := out.Write(data)
	return err
}

// blockingImport reads the files of the leaves, each on the goroutine that creates its znode.
func (t *tree) blockingImport(c *zk.Conn, exported string) error {
	if err := t.blockingParents(c); err != nil {
		return err
	}
	return eachBlocking(len(t.leaf), func(i int) error {
		f, err := os.Open(filepath.Join(exported, filepath.FromSlash(strings.TrimPrefix(t.leaf[i], treeRoot+"/"))))
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		_, err = c.Create(t.leaf[i], data, 0, zk.WorldACL(zk.PermAll))
		return err
	})
}
