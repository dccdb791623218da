package cache

import (
	"github.com/go-zookeeper/zk"
)

// Entry is a znode in the cache. An Entry never changes; the cache replaces it. Data is shared, so do not modify it.
type Entry struct {
	Path string
	Data []byte
	// Stat is as of the last change of the data. Fields about the access control list or the children may be out of date; to
	// know the children, use [Cache.Children].
	Stat zk.Stat
	// Err is why the data of an existing znode is not known, for example zk.ErrNoAuth or a *zkasync.ReplySizeError. Data and
	// Stat are zero then.
	Err error
}

// Kind is the kind of an Event.
type Kind int

const (
	// Created: the znode did not exist before, or was left out. Old is zero.
	Created Kind = iota + 1
	// Changed: its data was written, or it became readable or unreadable.
	Changed
	// Deleted: the znode no longer exists. New is zero.
	Deleted
	// Synced is not about a znode: the cache is complete. It comes after the first load, and each time everything has
	// been read again because changes may have been missed.
	Synced
)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case Created:
		return "Created"
	case Changed:
		return "Changed"
	case Deleted:
		return "Deleted"
	case Synced:
		return "Synced"
	default:
		return "Kind(invalid)"
	}
}

// Event is a change in the cache. A znode that was deleted and created again is reported as Deleted and then as Created.
type Event struct {
	Kind     Kind
	Path     string // empty with Synced
	Old, New Entry
}

// change is what happened to one znode; nil stands for no znode.
type change struct {
	path     string
	old, new *Entry
	seq      uint64 // its number among all changes of the cache
}

// isSame reports whether two states of a znode are the same to the cache, which compares the data's transactions and errors.
func isSame(a, b *Entry) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.Err != nil || b.Err != nil:
		return a.Err != nil && b.Err != nil && a.Err.Error() == b.Err.Error()
	default:
		return a.Stat.Czxid == b.Stat.Czxid && a.Stat.Mzxid == b.Stat.Mzxid
	}
}

// isAnother reports whether the znode was deleted and created again between two states.
func isAnother(a, b *Entry) bool {
	return a.Err == nil && b.Err == nil && a.Stat.Czxid != b.Stat.Czxid
}

// events returns the events that report a change.
func (ch change) events() []Event {
	switch {
	case ch.old == nil:
		return []Event{{Kind: Created, Path: ch.path, New: *ch.new}}
	case ch.new == nil:
		return []Event{{Kind: Deleted, Path: ch.path, Old: *ch.old}}
	case isAnother(ch.old, ch.new):
		return []Event{{Kind: Deleted, Path: ch.path, Old: *ch.old}, {Kind: Created, Path: ch.path, New: *ch.new}}
	default:
		return []Event{{Kind: Changed, Path: ch.path, Old: *ch.old, New: *ch.new}}
	}
}
