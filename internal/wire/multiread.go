package wire

// SkipGetData returns the bytes after the result of a getData, without decoding that result.
func SkipGetData(body []byte) (rest []byte, err error) {
	r := reader{body: body}
	n := r.int32("data length")
	r.take("data", max(int(n), 0))
	r.take("stat", statLen)
	if r.err != nil {
		return nil, r.err
	}
	return r.rest(), nil
}
