package wire

// The modes of AppendAddWatch, as in AddWatchMode.
const (
	AddWatchPersistent          int32 = 0
	AddWatchPersistentRecursive int32 = 1
)

// The watcher types of AppendRemoveWatches, as in Watcher.WatcherType.
const (
	WatcherChildren int32 = 1
	WatcherData     int32 = 2
	WatcherAny      int32 = 3
)

// AppendAddWatch is the record of add watch, which servers know since 3.6.
func AppendAddWatch(b []byte, chroot, path string, mode int32) []byte {
	return AppendInt32(AppendPath(b, chroot, path), mode)
}

// AppendRemoveWatches is the record of remove watches.
func AppendRemoveWatches(b []byte, chroot, path string, watcherType int32) []byte {
	return AppendInt32(AppendPath(b, chroot, path), watcherType)
}

// WatchSet is the watches that a client restores after a reconnect: the server's
// paths, chroot included, by kind of watch.
type WatchSet struct {
	Data                []string
	Exist               []string
	Child               []string
	Persistent          []string
	PersistentRecursive []string
}

// AppendSetWatches is the record of OpSetWatches, which has no room for the
// persistent watches of w. The server fires each watch at once whose znode has
// changed since relativeZxid.
func AppendSetWatches(b []byte, relativeZxid int64, w *WatchSet) []byte {
	b = AppendInt64(b, relativeZxid)
	b = AppendStrings(b, w.Data)
	b = AppendStrings(b, w.Exist)
	return AppendStrings(b, w.Child)
}

// AppendSetWatches2 is the record of OpSetWatches2, which servers know since 3.6.
func AppendSetWatches2(b []byte, relativeZxid int64, w *WatchSet) []byte {
	b = AppendSetWatches(b, relativeZxid, w)
	b = AppendStrings(b, w.Persistent)
	return AppendStrings(b, w.PersistentRecursive)
}

// WatchEvent is the record that follows a reply header with the xid XidWatch. Type
// and State have the values of zk.EventType and zk.State. Path is the server's
// path, chroot included.
type WatchEvent struct {
	Type, State int32
	Path        string
}

// AppendWatchEvent appends e.
func AppendWatchEvent(b []byte, e WatchEvent) []byte {
	b = AppendInt32(b, e.Type)
	b = AppendInt32(b, e.State)
	return AppendString(b, e.Path)
}

// DecodeWatchEvent reads a watch event.
func DecodeWatchEvent(body []byte) (WatchEvent, error) {
	var e WatchEvent
	r := reader{body: body}
	e.Type = r.int32("watch event type")
	e.State = r.int32("watch event state")
	e.Path = r.string("watch event path")
	if r.err != nil {
		return WatchEvent{}, r.err
	}
	return e, nil
}
