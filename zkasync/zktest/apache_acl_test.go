package zktest_test

import (
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

var (
	creatorAll = ace(zk.PermAll, "auth", "")
	readOnly   = ace(zk.PermRead, "world", "anyone")
)

// FinalRequestProcessorTest: testACLDigestHashHiding_NoAuth_WorldCanRead, ..._NoAuth_NoWorld, ..._UserCanRead, ..._UserCanAll,
// ..._AdminUser, ..._OnlyAdmin.
func (g *golden) hiddenDigests(z *player) {
	user := zk.DigestACL(zk.PermAll, "user", "secret")[0]
	admin := zk.DigestACL(zk.PermAdmin, "adminuser", "adminsecret")[0]
	reader := zk.DigestACL(zk.PermRead, "user", "secret")[0]
	z.create("/hd", creating{})
	z.create("/hd/world", creating{acl: []zk.ACL{user, admin, readOnly}})
	z.create("/hd/noworld", creating{acl: []zk.ACL{user, admin}})
	z.create("/hd/onlyadmin", creating{acl: []zk.ACL{reader, admin}})
	for _, credential := range []string{"", "otheruser:somesecret", "user:guess", "user:secret", "adminuser:adminsecret", "super:test"} {
		g.visit("C", func(c *player) {
			if credential != "" {
				c.auth("digest", credential)
			}
			for _, name := range []string{"world", "noworld", "onlyadmin"} {
				c.getACL("/hd/" + name)
			}
		})
	}
}

// ACLTest: testIPAuthenticationIsValidCIDR, testAuthWithIPV4Server.
func (g *golden) addresses(z *player) {
	z.create("/ip", creating{})
	for i, id := range []string{
		"127.0.0.1", "127.0.0.1/32", "127.0.0.1/0", "127.0.0.1/33", "10.0.0.1/-1", "127.0.0.1/16", "192.168.0.2/16", "127.0.0.2", "127.0.0.2/31",
		"127.0.0.2/30", "0.0.0.0/0", "127.128.0.0/9", "127.128.0.0/8", "126.0.0.0/7", "",
		// numbers as Java reads them
		"127.0.0.01", "127.0.0.+1", "+127.-0.0.1/+8", "127.0.0.1/032", "127.0.0.1/", "127.0.0.1/8/8", "/8", "127.0.0", "127.0.0.", "127.0.0.1.", "127.0.0.256",
		"127.0.0.1 ", "127.0.0.1/ 8", "0x7f.0.0.1", "2130706433", "localhost",
	} {
		path := fmt.Sprint("/ip/", i)
		z.create(path, creating{acl: []zk.ACL{ace(zk.PermAll, "ip", id)}})
		z.set(path, []byte{}, -1) // allowed if the client's address matches
	}
}

// ACLTest: testNullACL, testNullValueACL.
func (g *golden) listsRefused(z *player) {
	z.create("/lr", creating{nullACL: true})
	z.create("/lr", creating{nullACL: true, op: wire.OpCreate2})
	z.create("/lr", creating{})
	z.do("setACL '/lr' None", wire.OpSetACL, cat(str("/lr"), null, num(0)), nil)
	z.setACL("/lr", -1)
	for _, id := range []string{"a", "a:", ":b", ":", "", "a:b", "a:b:c", "a:b:", "a::b", "::b"} {
		z.create("/lr/digest "+id, creating{acl: []zk.ACL{ace(zk.PermAll, "digest", id)}})
	}
	for _, perms := range []int32{0, 32, -1} {
		z.create(fmt.Sprint("/lr/perms", perms), creating{acl: []zk.ACL{ace(perms, "world", "anyone")}})
		z.getACL(fmt.Sprint("/lr/perms", perms))
		z.get(fmt.Sprint("/lr/perms", perms), false)
	}
	z.getACL("/lr")
}

// ACLTest: testExistACLCheck, testExistACLCheckAtRootPath (ZOOKEEPER-2590).
func (g *golden) existsChecked(z *player) {
	z.exists("/ec", false)
	for _, e := range []zk.ACL{open, ace(zk.PermWrite, "world", "anyone"), readOnly} {
		z.create("/ec", creating{acl: []zk.ACL{e}})
		z.exists("/ec", false)
		z.exists("/ec/none", false)
		z.remove("/ec", -1)
	}
	z.create("/ec", creating{})
	z.setACL("/", -1, ace(0, "world", "anyone"))
	z.exists("/ec", false)
	z.exists("/", false)
	z.exists("", false)
	z.remove("/ec", -1)
	g.visit("S", func(s *player) {
		s.auth("digest", "super:test")
		s.exists("/", false)
		s.setACL("/", -1, open)
	})
	z.exists("/", false)
	z.remove("/ec", -1)
}

// ACLRootTest: testRootAcl. ACLTest: testDisconnectedAddAuth.
func (g *golden) rootClosed(z *player) {
	z.auth("digest", "pat:test")
	z.setACL("/", -1, creatorAll)
	z.getACL("/")
	z.get("/", false)
	g.visit("B", func(b *player) {
		b.get("/", false)
		b.kids("/", false, wire.OpGetChildren)
		b.getACL("/")
		b.create("/apps", creating{acl: []zk.ACL{creatorAll}})
		b.create("/apps", creating{})
		b.remove("/stat", -1)
		b.multi("create", wire.OpMulti, partCreate("/apps", "", 0))
		b.auth("digest", "world:anyone")
		b.create("/apps", creating{acl: []zk.ACL{creatorAll}})
		b.setACL("/", -1, open)
	})
	g.visit("C", func(c *player) {
		c.auth("digest", "pat:test")
		c.get("/", false)
		c.create("/apps", creating{acl: []zk.ACL{creatorAll}})
		c.remove("/apps", -1)
		c.setACL("/", -1, open)
	})
	g.visit("D", func(d *player) {
		d.get("/", false)
		d.create("/apps", creating{})
		d.create("/apps", creating{acl: []zk.ACL{creatorAll}})
		d.remove("/apps", -1)
		d.auth("digest", "world:anyone")
		d.create("/apps", creating{acl: []zk.ACL{creatorAll}})
		d.getACL("/apps")
	})
	z.get("/apps", false)
	z.remove("/apps", -1)
}

// AuthTest: testBadAuthNotifiesWatch, testBadAuthThenSendOtherCommands, testSuper, testSuperACL, testOrdinaryACL, testGenerateDigest.
func (g *golden) superACL(z *player) {
	z.auth("digest", "pat:pass")
	z.create("/su", creating{acl: []zk.ACL{creatorAll}})
	for _, credential := range []string{"", "pat:pass2", "super:test2", "super:test"} {
		g.visit("B", func(b *player) {
			if credential != "" {
				b.auth("digest", credential)
			}
			b.get("/su", false)
		})
	}
	g.visit("S", func(s *player) {
		s.auth("digest", "super:test")
		s.setACL("/su", -1, readOnly)
		s.create("/su/foo", creating{acl: []zk.ACL{creatorAll}})
		s.getACL("/su/foo")
		s.setACL("/su", -1, open)
	})
	z.getACL("/su/foo")
	z.create("/ordinary", creating{})
	g.visit("U", func(u *player) {
		u.auth("digest", "username1:password1")
		u.setACL("/ordinary", -1, ace(zk.PermAll, "auth", "username1:password1"))
		u.getACL("/ordinary")
	})
	z.get("/ordinary", false)
	for _, credential := range []string{"super:test", "username1:password1"} {
		g.visit("U", func(u *player) {
			u.auth("digest", credential)
			u.get("/ordinary", false)
		})
	}
	for _, password := range []string{"zookeeper", "foo", "bar"} {
		g.visit("D", func(d *player) {
			d.auth("digest", "super:"+password)
			d.create("/su/of-"+password, creating{acl: []zk.ACL{creatorAll}})
			d.getACL("/su/of-" + password)
		})
	}
	f := g.session("F", connectAs{quiet: true})
	f.auth("FOO", "BAR")
	f.rest("after it")
}
