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

// ACLTest: testIPAuthenticationIsValidCIDR, testIPAuthenticationIsValidIpv6CIDR, testAuthWithIPV4Server. IPv6 addresses are known
// since 3.9.4 (ZOOKEEPER-4240).
func (g *golden) addresses(z *player) {
	z.create("/ip", creating{})
	for i, id := range []string{
		"127.0.0.1", "127.0.0.1/32", "127.0.0.1/0", "127.0.0.1/33", "10.0.0.1/-1", "127.0.0.1/16", "192.168.0.2/16", "127.0.0.2", "127.0.0.2/31",
		"127.0.0.2/30", "0.0.0.0/0", "127.128.0.0/9", "127.128.0.0/8", "126.0.0.0/7", "",
		// numbers as Java reads them
		"127.0.0.01", "127.0.0.+1", "+127.-0.0.1/+8", "127.0.0.1/032", "127.0.0.1/", "127.0.0.1/8/8", "/8", "127.0.0", "127.0.0.", "127.0.0.1.", "127.0.0.256",
		"127.0.0.1 ", "127.0.0.1/ 8", "0x7f.0.0.1", "2130706433", "localhost",
		"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:db8:85a3::8a2e:370:7334", "::1", "1::", "::", "2001:db8::/4", "0:0:0:0:0:0:0::/8",
		"2001:db8:85a3:0:0:0:0::/32", "1234:5678:9abc:def0:1234:5678:9abc:def0", "2001:db8:1234::/64", "::1/128", "7f::/16", "7F00::/8", "+1::",
		"2001:db8:85a3:0000:0000:8a2e:0370:7334:extra", "2001:db8:85a3:0000:0000:8a2e:0370", "2001:db8:85a3::8a2e::0370:7334",
		"2001:db8:85a3:G::8a2e:0370:7334", "2001:db8:85a3:0:0:0:0:1:2", "2001:db8:85a3::8a2e:0370:7334:", ":2001:db8:85a3::8a2e:0370:7334",
		"::FFFF:192.168.1.1", "::ffff:7f00:1", "::1/129", "::1/-1", "::1/x", "1::2::3", "12345::", "fe80::1%eth0", "-1::",
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
	entry := func(scheme, id []byte) []byte { return cat(num(zk.PermAll), scheme, id) }
	for _, entries := range []struct {
		name string
		list []byte
	}{
		{"no scheme", cat(num(1), entry(null, str("anyone")))},
		{"neither scheme nor id", cat(num(1), entry(null, null))},
		{"world without an id", cat(num(1), entry(str("world"), null))},
		{"auth without an id", cat(num(1), entry(str("auth"), null))},
		{"digest without an id", cat(num(1), entry(str("digest"), null))},
		{"ip without an id", cat(num(1), entry(str("ip"), null))},
		{"unknown without an id", cat(num(1), entry(str("unknown"), null))},
		{"empty scheme", cat(num(1), entry(str(""), str("anyone")))},
		{"world twice", cat(num(2), entry(str("world"), str("anyone")), entry(str("world"), str("anyone")))},
		{"world and no scheme", cat(num(2), entry(str("world"), str("anyone")), entry(null, str("anyone")))},
		{"no scheme twice", cat(num(2), entry(null, str("anyone")), entry(null, str("anyone")))},
		{"no id twice", cat(num(2), entry(str("world"), null), entry(str("world"), null))},
		{"somebody of the world", cat(num(1), entry(str("world"), str("somebody")))},
		{"super", cat(num(1), entry(str("super"), str("")))},
	} {
		z.do("create with "+entries.name, wire.OpCreate, cat(str("/lr/"+entries.name), str(""), entries.list, num(0)), (*reading).text)
		z.do("setACL with "+entries.name, wire.OpSetACL, cat(str("/lr"), entries.list, num(-1)), (*reading).stat)
		z.multi("create with "+entries.name, wire.OpMulti, partSet("/lr", ""),
			part{wire.OpCreate, cat(str("/lr/m"+entries.name), str(""), entries.list, num(0))})
	}
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
