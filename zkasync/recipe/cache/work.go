package cache

// key says what to read: a znode's data, or the list of its children.
type key struct {
	path string
	list bool
}

// work is a read that is queued or under way. There is at most one for each key.
type work struct {
	key
	slots     []*slot // of the events that it is for, in order
	sent      int     // how many slots there were when it was sent
	flying    bool
	again     bool // something has happened since it was sent, so it must be repeated
	deep      bool // the gap must wait for it
	deepAgain bool // the gap must wait for its repetition
	confirmed bool // a Sync was sent before it
	doubt     doubt
}

// brood is a list of children to read later. With a work for each of a hundred thousand children, the cache would be slow.
type brood struct {
	parent string
	names  []string
	deep   bool
}

// doubt is what is remembered of a read that has found a znode, if several events may have created it. See work.doubts.
type doubt struct {
	czxid int64 // of the znode that was found
	slots int   // how many slots there were then
	times int   // how often the read was repeated
}
