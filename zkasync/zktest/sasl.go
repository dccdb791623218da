package zktest

// receiveSASL takes a step of a SASL negotiation. A server that is not configured for it answers each with nothing.
func (c *conn) receiveSASL(xid int32, body []byte) {
	d := decoder{body: body}
	d.buffer()
	if d.bad {
		c.drop()
		return
	}
	start := c.begin(xid, 0, codeOK)
	c.putInt32(nullLength)
	c.finishFrame(start)
}
