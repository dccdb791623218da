package cache

// key is what is read: a znode's data, or its list of children.
type key struct {
	path string
	list bool
}

// work is a read that is to be made or under way. There is one at most for each key.
type work struct {
	key
	slots     []*slot // of the events that it is for, in order
	sent      int     // of the slots, how many there were when it was sent
	flying    bool
	again     bool // something has happened since it was sent, so it is made once more
	deep      bool // the gap is not over before it
	deepAgain bool // nor before it was made once more
	confirmed bool // a Sync went before it
	doubt     doubt
}

// brood is children that are to be read, in their turn: a hundred thousand works would be slow.
type brood struct {
	parent string
	names  []string
	deep   bool
}

// doubt is what is known of a znode of which it cannot be told yet when it was made.
type doubt struct {
	czxid int64
	slots int // how many there were when it was read
	times int
}
