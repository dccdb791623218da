package typed

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/go-zookeeper/zk"
)

// Codec turns values into the data of znodes and back. Its methods may be called from several goroutines at once. Decode may
// keep data, and must not change it; it is nil for a znode without data.
type Codec[T any] interface {
	Encode(v T) ([]byte, error)
	Decode(data []byte) (T, error)
}

// JSON returns the codec of package encoding/json. Fields that T does not have are ignored, and a znode without data cannot
// be decoded.
func JSON[T any]() Codec[T] { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(v T) ([]byte, error) { return json.Marshal(v) }

func (jsonCodec[T]) Decode(data []byte) (v T, err error) {
	err = json.Unmarshal(data, &v)
	return v, err
}

// DecodeError says that a znode was read and that the codec does not understand its data.
type DecodeError struct {
	Path string
	Data []byte  // as it is in the znode
	Stat zk.Stat // its Version is the one to pass to a Set that repairs the znode
	Err  error   // the codec's
}

// Error names the path, the version and the size of the data. The data itself is not in it.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("typed: decode %s, version %d, %d bytes: %v", printable(e.Path), e.Stat.Version, len(e.Data), e.Err)
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// EncodeError is the cause of a write that was not sent, because the codec does not encode the value.
type EncodeError struct{ Err error }

// Error returns the codec's reason.
func (e *EncodeError) Error() string { return "encode: " + e.Err.Error() }

// Unwrap returns Err.
func (e *EncodeError) Unwrap() error { return e.Err }

// printable returns path, quoted if it has characters that do not print.
func printable(path string) string {
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		return quoted
	}
	return path
}
