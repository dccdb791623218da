package wire

// AppendMultiHeader appends the header of an operation of a multi: its opcode,
// done false, code -1. The last header belongs to no operation: OpError, done true,
// code -1.
func AppendMultiHeader(b []byte, op OpCode, done bool, code int32) []byte {
	b = AppendInt32(b, int32(op))
	b = AppendBool(b, done)
	return AppendInt32(b, code)
}

// DecodeMultiHeader reads a header of a multi's reply; rest starts with the
// result of that operation. The result of OpCreate is a path, of OpCreate2 (which
// also answers creates of containers and TTL nodes) a path and a Stat, and of
// OpSetData a Stat. OpDelete and OpCheck have none; that of OpError is an int,
// which repeats code. The last header has done set.
//
// The reply to a failed multi has code zero in its header, and only OpError
// results: with code 0 for the operations before the one that failed, and -2 for
// those after it.
func DecodeMultiHeader(body []byte) (op OpCode, done bool, code int32, rest []byte, err error) {
	r := reader{body: body}
	op = OpCode(r.int32("multi header type"))
	done = r.bool("multi header done")
	code = r.int32("multi header error")
	if r.err != nil {
		return 0, false, 0, nil, r.err
	}
	return op, done, code, r.rest(), nil
}
