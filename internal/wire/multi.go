package wire

// AppendMultiHeader appends what stands before each operation of a multi: its
// opcode, done false, code -1. The last header has no operation: OpError, done
// true, code -1.
func AppendMultiHeader(b []byte, op OpCode, done bool, code int32) []byte {
	b = AppendInt32(b, int32(op))
	b = AppendBool(b, done)
	return AppendInt32(b, code)
}

// DecodeMultiHeader reads a header of a multi's reply; rest starts with the
// result of that operation. Results by opcode: OpCreate a path, OpCreate2 (which
// also answers containers and TTL nodes) a path and a Stat, OpSetData a Stat,
// OpDelete and OpCheck nothing, OpError an int, which repeats code. The header
// with done set is the last.
//
// A failed multi has code zero in its reply header and nothing but OpError
// results: code 0 for the operations before the one that failed, -2 for those
// after it.
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
