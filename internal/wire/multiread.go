package wire

// SkipGetData returns what is behind the result of a getData, which nothing is decoded of.
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
