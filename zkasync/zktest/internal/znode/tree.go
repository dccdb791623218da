// Package znode is the data of one server: znodes, who owns them, quotas, and the transactions that change them. It knows
// neither clients nor time: a [Tree] follows from the transactions alone, and tells [Changes] what they change.
package znode

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
)

// Paths that exist from the start and cannot be deleted.
const (
	RootPath   = "/"
	OwnPath    = "/zookeeper"
	quotaPath  = "/zookeeper/quota"
	ConfigPath = "/zookeeper/config"
)

// Node is a znode. Its data and ACL are replaced, never changed, so copies of trees may share them.
type Node struct {
	Name   string
	Parent *Node
	slot   int32 // its place in parent.kids.list

	Version  int32
	Cversion int32 // children created so far; clients see another number, see stat
	Aversion int32

	czxid, Mzxid, Pzxid int64
	ctime, mtime        int64 // ms since 1970
	Owner               int64 // a session, or a mark of owner.go; 0 if persistent

	Data []byte // nil is null, which clients tell from empty
	ACL  *acl.List
	kids *children // nil: none so far
}

// indexFrom is the number of children from which on a map finds them.
const indexFrom = 8

// children are kept in the order of their creation until one is deleted, whose place the last one takes. So the order
// follows from the history alone.
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

// Kids returns the children, which the caller does not change.
func (n *Node) Kids() []*Node {
	if n.kids == nil {
		return nil
	}
	return n.kids.list
}

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

// Stat is what clients see of n (DataNode.copyStat): every creation and every deletion of a child counts once in Cversion.
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

// Descendants counts all that is below n.
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

// Tree is the data of one server. It is as of the transaction last, which it has applied.
type Tree struct {
	Root  *Node
	Count int // of znodes, without the root
	Zxid  int64

	Ephemerals map[int64]*pathSet // by session
	Sessions   map[int64]int32    // that have begun and not ended, with their timeouts in ms
	Expirables *pathSet           // containers and znodes with a TTL
	quotas     int                // of znodes that limit a subtree
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

// seed adds a znode that no transaction has created.
func (t *Tree) seed(parent *Node, name string) *Node {
	n := &Node{Name: name, Data: []byte{}, ACL: acl.Open}
	parent.attach(n)
	t.Count++
	return n
}

// Find returns the znode at path, nil if there is none. It takes any string: what is no path is not there. The empty
// string is another name of the root, as in DataTree.
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

// SessionIDs returns the sessions, in order.
func (t *Tree) SessionIDs() []int64 { return slices.Sorted(maps.Keys(t.Sessions)) }

// The features that are told: children with stats in one answer and the like are not, reads in a multi are (MULTI_READ).
const (
	keeperVersion  = "2"
	keeperFeatures = "\x02"
)

// AddKeeper puts Keeper's znodes into a new tree.
func (t *Tree) AddKeeper() {
	keeper := t.seed(t.Root, "keeper")
	t.seed(keeper, "api_version").Data = []byte(keeperVersion)
	t.seed(keeper, "feature_flags").Data = []byte(keeperFeatures)
}
