package zkasync

import "fmt"

// Format prints the servers and the state, whatever the verb: a client holds credentials, which do not belong into logs.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "client of %s, %v", printable(c.cfg.servers), c.State())
}

// Format prints what String returns, whatever the verb: a session's password does not belong into logs.
func (s Session) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }
