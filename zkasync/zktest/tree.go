package zktest

import (
	"strings"

	"github.com/go-zookeeper/zk"
)

// Paths that exist from the start and cannot be deleted.
const (
	rootPath   = "/"
	ownPath    = "/zookeeper"
	quotaPath  = "/zookeeper/quota"
	configPath = "/zookeeper/config"
)

// node is a znode. Its data and ACL are replaced, never changed, so copies of trees may share them.
type node struct {
	name   string
	parent *node
	slot   int32 // its place in parent.kids.list

	version  int32
	cversion int32 // children created so far; clients see another number, see stat
	aversion int32

	czxid, mzxid, pzxid int64
	ctime, mtime        int64 // ms since 1970
	owner               int64 // a session, or a mark of owner.go; 0 if persistent

	data []byte // nil is null, which clients tell from empty
	acl  *acl
	kids *children // nil: none so far
}

// indexFrom is the number of children from which on a map finds them.
const indexFrom = 8

// children are kept in the order of their creation until one is deleted, whose place the last one takes. So the order
// follows from the history alone.
type children struct {
	list  []*node
	index map[string]*node // nil while there are few
}

func (n *node) child(name string) *node {
	if n.kids == nil {
		return nil
	}
	if n.kids.index != nil {
		return n.kids.index[name]
	}
	for _, c := range n.kids.list {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) children() int {
	if n.kids == nil {
		return 0
	}
	return len(n.kids.list)
}

func (n *node) attach(c *node) {
	if n.kids == nil {
		n.kids = new(children)
	}
	k := n.kids
	c.parent, c.slot = n, int32(len(k.list))
	k.list = append(k.list, c)
	switch {
	case k.index != nil:
		k.index[c.name] = c
	case len(k.list) >= indexFrom:
		k.index = make(map[string]*node, 2*indexFrom)
		for _, each := range k.list {
			k.index[each.name] = each
		}
	}
}

func (n *node) detach() {
	k := n.parent.kids
	last := len(k.list) - 1
	k.list[n.slot] = k.list[last]
	k.list[n.slot].slot = n.slot
	k.list[last] = nil
	k.list = k.list[:last]
	if k.index != nil {
		delete(k.index, n.name)
	}
	if last == 0 {
		n.parent.kids = nil
	}
}

// stat is what clients see of n (DataNode.copyStat): every creation and every deletion of a child counts once in Cversion.
func (n *node) stat() zk.Stat {
	kids := int32(n.children())
	owner := n.owner
	if !isSession(owner) {
		owner = 0
	}
	return zk.Stat{
		Czxid: n.czxid, Mzxid: n.mzxid, Pzxid: n.pzxid,
		Ctime: n.ctime, Mtime: n.mtime,
		Version: n.version, Cversion: 2*n.cversion - kids, Aversion: n.aversion,
		EphemeralOwner: owner,
		DataLength:     int32(len(n.data)),
		NumChildren:    kids,
	}
}

// descendants counts all that is below n.
func (n *node) descendants() int {
	if n.kids == nil {
		return 0
	}
	total := len(n.kids.list)
	for _, c := range n.kids.list {
		total += c.descendants()
	}
	return total
}

// tree is the data of one server. It is as of the transaction last, which it has applied.
type tree struct {
	root  *node
	count int // of znodes, without the root
	last  int64

	ephemerals map[int64]*pathSet // by session
	sessions   map[int64]int32    // that have begun and not ended, with their timeouts in ms
	expirables *pathSet           // containers and znodes with a TTL
	quotas     int                // of znodes that limit a subtree
}

func (cfg *config) newTree() *tree {
	t := &tree{
		root:       &node{data: []byte{}, acl: openACL},
		ephemerals: make(map[int64]*pathSet),
		sessions:   make(map[int64]int32),
		expirables: new(pathSet),
	}
	own := t.seed(t.root, "zookeeper")
	t.seed(own, "quota")
	members := t.seed(own, "config")
	members.acl, members.aversion = readACL, -1
	if cfg.keeper {
		t.addKeeper()
	}
	return t
}

// seed adds a znode that no transaction has created.
func (t *tree) seed(parent *node, name string) *node {
	n := &node{name: name, data: []byte{}, acl: openACL}
	parent.attach(n)
	t.count++
	return n
}

// find returns the znode at path, nil if there is none. It takes any string: what is no path is not there. The empty
// string is another name of the root, as in DataTree.
func (t *tree) find(path string) *node {
	if path == "" || path == rootPath {
		return t.root
	}
	if path[0] != '/' {
		return nil
	}
	n := t.root
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

// splitPath cuts path at its last slash. The parent of "/a" is "".
func splitPath(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:i], path[i+1:]
}

// clone copies the tree. Data and ACLs are shared.
func (t *tree) clone() *tree {
	c := &tree{
		count:      t.count,
		last:       t.last,
		ephemerals: make(map[int64]*pathSet, len(t.ephemerals)),
		sessions:   make(map[int64]int32, len(t.sessions)),
		expirables: t.expirables.clone(),
		quotas:     t.quotas,
	}
	for id, paths := range t.ephemerals {
		c.ephemerals[id] = paths.clone()
	}
	for id, timeout := range t.sessions {
		c.sessions[id] = timeout
	}
	c.root = cloneNode(t.root)
	return c
}

func cloneNode(n *node) *node {
	c := *n
	c.kids = nil
	if n.kids != nil {
		c.kids = &children{list: make([]*node, 0, len(n.kids.list))}
		for _, kid := range n.kids.list {
			c.attach(cloneNode(kid))
		}
	}
	return &c
}
