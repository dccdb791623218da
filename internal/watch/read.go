package watch

// Read is the claim of a read that leaves a watch.
type Read struct {
	t     *Table
	path  string
	epoch uint64 // of the placement that brings the event, 0 if the read leaves its own watch
}

// Read is called when such a read is encoded. Flag says whether the request has to ask for the watch: a lasting one of that path
// may be there, which servers before 3.9 would replace.
func (t *Table) Read(path string, kind Kind) Read {
	return Read{t: t, path: path, epoch: t.lasting.covers(path, kind == Child)}
}

// Flag reports whether the read is to leave a watch at the server.
func (r Read) Flag() bool { return r.epoch == 0 }

// Holds reports whether the server will send the event, as of the answer that is being read.
func (r Read) Holds(kind Kind) bool {
	return r.epoch == 0 || r.t.lasting.covers(r.path, kind == Child) == r.epoch
}

// Watch registers the watch, before the answer that is being read completes anything, so that the event cannot come first.
func (r Read) Watch(w *OneShot) {
	r.t.add(w)
	if !r.Holds(w.Kind) { // the persistent watch that was to bring the event has changed, or is gone
		r.t.rearm(&rearm{path: r.path, zxid: r.t.host.LastZxid()}, w.Kind)
	}
}

// Unread registers a watch for a read that the server has carried out and whose value was too large. The read has left the
// watch, or has relied on a persistent one; if that is gone, the watch is set by itself.
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

// rearm sends r, for one-shot watches of the given kinds.
func (t *Table) rearm(r *rearm, kinds ...Kind) {
	r.t = t
	for _, kind := range kinds {
		r.kinds[kind] = true
	}
	t.host.Submit(r)
}
