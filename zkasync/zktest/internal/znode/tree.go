// Package znode has the data of one server: znodes, their owners, quotas, and the transactions that change them. It knows neither
// clients nor time: a [Tree] depends only on the transactions that it has applied. It tells [Changes] what they change.
package znode

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
)

// Paths of znodes that exist from the start and cannot be deleted.
const (
	RootPath   = "/"
	OwnPath    = "/zookeeper"
	quotaPath  = "/zookeeper/quota"
	ConfigPath = "/zookeeper/config"
	// ConfigVersion is the version of the znode ConfigPath in an ensemble, however often it changes.
	ConfigVersion = -1
)

// Node is a znode. Its data and ACL are replaced, never changed, so copies of trees may share them.
type Node struct {
	Name   string
	Parent *Node
	slot   int32 // its index in Parent.kids.list

	Version  int32
	Cversion int32 // number of children created so far; clients see another number, see Stat
	Aversion int32

	czxid, Mzxid, Pzxid int64
	ctime, mtime        int64 // ms since 1970
	Owner               int64 // a session, or one of the marks in owner.go; 0 if persistent

	Data []byte // nil is null, which clients distinguish from empty
	ACL  *acl.List
	kids *children // nil: none
}

// indexFrom is the number of children from which they are indexed by a map.
const indexFrom = 8

// children are kept in the order of creation. When one is deleted, the last one takes its place. So the order depends only on the
// history.
type children struct {
	list  []*Node
	index map[string]*Node // nil while there are few
}

func (n *Node) child(name string) *Node {
	if n.kids == nil {
		return nil
	}
	if n.kids.index != nil {
		return n.kids.index[name]
	}
	for _, c := range n.kids.list {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Kids returns the children. The caller must not change the slice.
func (n *Node) Kids() []*Node {
	if n.kids == nil {
		return nil
	}
	return n.kids.list
}

// NumKids returns the number of children.
func (n *Node) NumKids() int {
	if n.kids == nil {
		return 0
	}
	return len(n.kids.list)
}

func (n *Node) attach(c *Node) {
	if n.kids == nil {
		n.kids = new(children)
	}
	k := n.kids
	c.Parent, c.slot = n, int32(len(k.list))
	k.list = append(k.list, c)
	switch {
	case k.index != nil:
		k.index[c.Name] = c
	case len(k.list) >= indexFrom:
		k.index = make(map[string]*Node, 2*indexFrom)
		for _, each := range k.list {
			k.index[each.Name] = each
		}
	}
}

func (n *Node) detach() {
	k := n.Parent.kids
	last := len(k.list) - 1
	k.list[n.slot] = k.list[last]
	k.list[n.slot].slot = n.slot
	k.list[last] = nil
	k.list = k.list[:last]
	if k.index != nil {
		delete(k.index, n.Name)
	}
	if last == 0 {
		n.Parent.kids = nil
	}
}

// Stat returns the Stat that clients see (DataNode.copyStat). In its Cversion, every creation and every deletion of a child counts
// once.
func (n *Node) Stat() zk.Stat {
	kids := int32(n.NumKids())
	owner := n.Owner
	if !IsSession(owner) {
		owner = 0
	}
	return zk.Stat{
		Czxid: n.czxid, Mzxid: n.Mzxid, Pzxid: n.Pzxid,
		Ctime: n.ctime, Mtime: n.mtime,
		Version: n.Version, Cversion: 2*n.Cversion - kids, Aversion: n.Aversion,
		EphemeralOwner: owner,
		DataLength:     int32(len(n.Data)),
		NumChildren:    kids,
	}
}

// Descendants returns the number of znodes below n.
func (n *Node) Descendants() int {
	if n.kids == nil {
		return 0
	}
	total := len(n.kids.list)
	for _, c := range n.kids.list {
		total += c.Descendants()
	}
	return total
}

// Tree is the data of one server.
type Tree struct {
	Root  *Node
	Count int   // of znodes, without the root
	Zxid  int64 // of the last transaction applied

	Ephemerals map[int64]*pathSet // by session
	Sessions   map[int64]int32    // sessions that have not ended, with their timeouts in ms
	Expirables *pathSet           // containers and znodes with a TTL
	quotas     int                // number of znodes that limit a subtree
}

// New returns a tree with the znodes that exist from the start.
func New() *Tree {
	t := &Tree{
		Root:       &Node{Data: []byte{}, ACL: acl.Open},
		Ephemerals: make(map[int64]*pathSet),
		Sessions:   make(map[int64]int32),
		Expirables: new(pathSet),
	}
	own := t.seed(t.Root, "zookeeper")
	t.seed(own, "quota")
	members := t.seed(own, "config")
	members.ACL, members.Aversion = acl.Read, -1
	return t
}

// seed adds a znode without a transaction.
func (t *Tree) seed(parent *Node, name string) *Node {
	n := &Node{Name: name, Data: []byte{}, ACL: acl.Open}
	parent.attach(n)
	t.Count++
	return n
}

// Find returns the znode at path, or nil if there is none. It accepts any string: a string that is not a path finds nothing. The
// empty string is another name of the root, as in DataTree.
func (t *Tree) Find(path string) *Node {
	if path == "" || path == RootPath {
		return t.Root
	}
	if path[0] != '/' {
		return nil
	}
	n := t.Root
	for rest := path[1:]; n != nil; {
		name, more, found := strings.Cut(rest, "/")
		n = n.child(name)
		if !found {
			break
		}
		rest = more
	}
	return n
}

// SplitPath cuts path at its last slash. The parent of "/a" is "".
func SplitPath(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:i], path[i+1:]
}

// Clone copies the tree. Data and ACLs are shared.
func (t *Tree) Clone() *Tree {
	c := &Tree{
		Count:      t.Count,
		Zxid:       t.Zxid,
		Ephemerals: make(map[int64]*pathSet, len(t.Ephemerals)),
		Sessions:   make(map[int64]int32, len(t.Sessions)),
		Expirables: t.Expirables.Clone(),
		quotas:     t.quotas,
	}
	for id, paths := range t.Ephemerals {
		c.Ephemerals[id] = paths.Clone()
	}
	for id, timeout := range t.Sessions {
		c.Sessions[id] = timeout
	}
	c.Root = cloneNode(t.Root)
	return c
}

func cloneNode(n *Node) *Node {
	c := *n
	c.kids = nil
	if n.kids != nil {
		c.kids = &children{list: make([]*Node, 0, len(n.kids.list))}
		for _, kid := range n.kids.list {
			c.attach(cloneNode(kid))
		}
	}
	return &c
}

// SessionIDs returns the ids of the sessions, in order.
func (t *Tree) SessionIDs() []int64 { return slices.Sorted(maps.Keys(t.Sessions)) }

// What Keeper says about itself. The features include reads in a multi (MULTI_READ), but not, for example, children with their
// stats in one answer.
const (
	keeperVersion  = "2"
	keeperFeatures = "\x02"
)

// AddKeeper adds the znodes of ClickHouse Keeper to a new tree.
func (t *Tree) AddKeeper() {
	keeper := t.seed(t.Root, "keeper")
	t.seed(keeper, "api_version").Data = []byte(keeperVersion)
	t.seed(keeper, "feature_flags").Data = []byte(keeperFeatures)
}
