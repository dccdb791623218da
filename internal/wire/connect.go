package wire

// ConnectRequest is the first frame of a connection; it has no request header.
// For a new session, SessionID is zero and Password is sixteen zero bytes. A
// server that is behind LastZxidSeen refuses the connection.
type ConnectRequest struct {
	ProtocolVersion int32
	LastZxidSeen    int64
	Timeout         int32 // milliseconds
	SessionID       int64
	Password        []byte
	ReadOnly        bool
}

// AppendConnectRequest appends r with its trailing readOnly.
func AppendConnectRequest(b []byte, r *ConnectRequest) []byte {
	b = AppendInt32(b, r.ProtocolVersion)
	b = AppendInt64(b, r.LastZxidSeen)
	b = AppendInt32(b, r.Timeout)
	b = AppendInt64(b, r.SessionID)
	b = AppendBuffer(b, r.Password)
	return AppendBool(b, r.ReadOnly)
}

// DecodeConnectRequest reads a connect request. Peers older than 3.4, and
// go-zookeeper, omit readOnly, which means false.
func DecodeConnectRequest(body []byte) (ConnectRequest, error) {
	var c ConnectRequest
	r := reader{body: body}
	c.ProtocolVersion = r.int32("connect request version")
	c.LastZxidSeen = r.int64("connect request last zxid")
	c.Timeout = r.int32("connect request timeout")
	c.SessionID = r.int64("connect request session")
	c.Password = r.buffer("connect request password")
	c.ReadOnly = r.optionalBool()
	if r.err != nil {
		return ConnectRequest{}, r.err
	}
	return c, nil
}

// ConnectResponse answers a ConnectRequest; it has no reply header. A Timeout of
// zero says that the session has expired.
type ConnectResponse struct {
	ProtocolVersion int32
	Timeout         int32 // milliseconds, as negotiated
	SessionID       int64
	Password        []byte
	ReadOnly        bool
}

// AppendConnectResponse appends r with its trailing readOnly.
func AppendConnectResponse(b []byte, r *ConnectResponse) []byte {
	b = AppendInt32(b, r.ProtocolVersion)
	b = AppendInt32(b, r.Timeout)
	b = AppendInt64(b, r.SessionID)
	b = AppendBuffer(b, r.Password)
	return AppendBool(b, r.ReadOnly)
}

// DecodeConnectResponse reads a connect response. A server omits readOnly if the
// request did, which means false.
func DecodeConnectResponse(body []byte) (ConnectResponse, error) {
	var c ConnectResponse
	r := reader{body: body}
	c.ProtocolVersion = r.int32("connect response version")
	c.Timeout = r.int32("connect response timeout")
	c.SessionID = r.int64("connect response session")
	c.Password = r.buffer("connect response password")
	c.ReadOnly = r.optionalBool()
	if r.err != nil {
		return ConnectResponse{}, r.err
	}
	return c, nil
}
