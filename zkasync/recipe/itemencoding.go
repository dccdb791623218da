package recipe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Curator's encoding of a znode's content.
const (
	curatorVersion = 0x00010001
	curatorItem    = 1
	curatorEnd     = 2
)

// encode returns the content of a znode that holds value.
func (l QueueLayout) encode(value []byte) []byte {
	if !l.kind.isEncoded() {
		return value
	}
	b := binary.BigEndian.AppendUint32(nil, curatorVersion)
	b = append(b, curatorItem)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	b = append(b, value...)
	return append(b, curatorEnd)
}

// decode returns the values in a znode; Curator may put several into one.
func (l QueueLayout) decode(data []byte) (values [][]byte, err error) {
	if !l.kind.isEncoded() {
		return [][]byte{data}, nil
	}
	if len(data) < 4 || binary.BigEndian.Uint32(data) != curatorVersion {
		return nil, fmt.Errorf("%.20q does not begin as an item of Curator's", data)
	}
	for data = data[4:]; ; {
		switch {
		case len(data) > 0 && data[0] == curatorEnd && len(values) > 0:
			return values, nil
		case len(data) > 0 && data[0] == curatorEnd:
			return nil, errors.New("an item of Curator's without a value")
		case len(data) < 5 || data[0] != curatorItem || uint64(binary.BigEndian.Uint32(data[1:])) > uint64(len(data)-5):
			return nil, errors.New("an item of Curator's that ends too early, or is none")
		}
		end := 5 + int(binary.BigEndian.Uint32(data[1:]))
		values = append(values, data[5:end:end])
		data = data[end:]
	}
}
