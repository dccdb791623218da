package watch

// Read is the claim of a read that leaves a watch.
type Read struct {
	t     *Table
	path  string
	epoch uint64 // of the placement that brings the event, 0 if the read leaves its own watch
}

// Read makes the claim of a read, when the read is encoded. Its Flag says whether the request must ask for a watch: if the path
// has a lasting watch, servers before 3.9 would replace it.
func (t *Table) Read(path string, kind Kind) Read {
	return Read{t: t, path: path, epoch: t.lasting.covers(path, kind == Child)}
}

// Flag reports whether the read must leave a watch of its own at the server.
func (r Read) Flag() bool { return r.epoch == 0 }

// Holds reports whether the server will send the event. It is called while the reply to the read is being handled.
func (r Read) Holds(kind Kind) bool {
	return r.epoch == 0 || r.t.lasting.covers(r.path, kind == Child) == r.epoch
}

// Watch registers the watch. It is called before the reply to the read completes anything, so that the event cannot come first.
func (r Read) Watch(w *OneShot) {
	r.t.add(w)
	if !r.Holds(w.Kind) { // the persistent watch that should bring the event has been replaced or removed
		r.t.rearm(&rearm{path: r.path, zxid: r.t.host.LastZxid()}, w.Kind)
	}
}

// Unread registers the watch of a read that the server has carried out, but whose reply was too large to accept. The read has
// left a watch at the server or relied on a persistent one. If there is no persistent one, a request of its own makes sure that
// the watch is set.
func (t *Table) Unread(w *OneShot) {
	t.add(w)
	if t.lasting.covers(w.Path, w.Kind == Child) == 0 {
		t.rearm(&rearm{path: w.Path, zxid: t.host.LastZxid(), plain: true}, w.Kind)
	}
}

func (t *Table) add(w *OneShot) {
	t.once.add(w)
	if over := t.over.Load(); over != nil {
		t.once.fail(w.Key, *over)
	}
}

// rearm sends r, which also sets one-shot watches of the given kinds.
func (t *Table) rearm(r *rearm, kinds ...Kind) {
	r.t = t
	for _, kind := range kinds {
		r.kinds[kind] = true
	}
	t.host.Submit(r)
}
