package zkasync

import (
	"fmt"
	"strings"

	"github.com/go-zookeeper/zk"
)

// aclError names the rule that an ACL breaks; it matches zk.ErrInvalidACL.
type aclError struct{ rule string }

func (e *aclError) Error() string { return "invalid acl: " + e.rule }
func (e *aclError) Unwrap() error { return zk.ErrInvalidACL }

func checkACL(acl []zk.ACL) error {
	if len(acl) == 0 {
		return &aclError{"empty, want at least one entry"}
	}
	for _, a := range acl {
		if rule := brokenRule(a); rule != "" {
			return &aclError{fmt.Sprintf("entry {%d %q %q}: %s", a.Perms, a.Scheme, a.ID, rule)}
		}
	}
	return nil
}

func brokenRule(a zk.ACL) string {
	switch {
	case a.Perms <= 0 || a.Perms > zk.PermAll:
		return fmt.Sprintf("permissions must be 1 to %d", zk.PermAll)
	case a.Scheme == "":
		return "scheme is empty"
	case a.Scheme == "world" && a.ID != "anyone":
		return `the only id of scheme world is "anyone"`
	case a.Scheme == "digest" && strings.Count(a.ID, ":") != 1:
		return "an id of scheme digest is user:base64(sha1(user:password)), see zk.DigestACL"
	case a.Scheme == "ip" && a.ID == "":
		return "an id of scheme ip is an address or a network"
	}
	return ""
}

func aclSize(acl []zk.ACL) int {
	size := 4
	for _, a := range acl {
		size += 12 + len(a.Scheme) + len(a.ID)
	}
	return size
}
