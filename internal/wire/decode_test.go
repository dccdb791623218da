package wire

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/go-zookeeper/zk"
)

// tail follows a record in the tests. Decoders must return it as the rest.
const tail = "tail"

// decoder is a decoder whose value is boxed, and the encoder for that value. The
// rest that decode returns is nil for a decoder that takes a whole body.
type decoder struct {
	name   string
	decode func(body []byte) (v any, rest []byte, err error)
	encode func(b []byte, v any) []byte
	sample any
}

func boxed[T any](decode func([]byte) (T, []byte, error)) func([]byte) (any, []byte, error) {
	return func(body []byte) (any, []byte, error) {
		v, rest, err := decode(body)
		return v, rest, err
	}
}

// whole boxes the value of a decoder that ignores what follows its record.
func whole[T any](decode func([]byte) (T, error)) func([]byte) (any, []byte, error) {
	return func(body []byte) (any, []byte, error) {
		v, err := decode(body)
		return v, nil, err
	}
}

func unboxed[T any](encode func([]byte, T) []byte) func([]byte, any) []byte {
	return func(b []byte, v any) []byte { return encode(b, v.(T)) }
}

func decodeStatValue(body []byte) (zk.Stat, []byte, error) {
	var st zk.Stat
	rest, err := DecodeStat(body, &st)
	return st, rest, err
}

type multiHeader struct {
	op   OpCode
	done bool
	code int32
}

func decodeMultiHeaderValue(body []byte) (multiHeader, []byte, error) {
	op, done, code, rest, err := DecodeMultiHeader(body)
	return multiHeader{op, done, code}, rest, err
}

var decoders = []decoder{
	{"int32", boxed(DecodeInt32), unboxed(AppendInt32), int32(-7)},
	{"int64", boxed(DecodeInt64), unboxed(AppendInt64), int64(-7)},
	{"bool", boxed(DecodeBool), unboxed(AppendBool), true},
	{"string", boxed(DecodeString), unboxed(AppendString), "/a/ü"},
	{"data", boxed(DecodeData), unboxed(AppendBuffer), []byte{0, 1, 255}},
	{"strings", boxed(DecodeStrings), unboxed(AppendStrings), []string{"a", "", "longer"}},
	{"acls", boxed(DecodeACLs), unboxed(AppendACLs), []zk.ACL{{Perms: 1, Scheme: "world", ID: "anyone"}, {Perms: 31}}},
	{"stat", boxed(decodeStatValue), func(b []byte, v any) []byte { st := v.(zk.Stat); return AppendStat(b, &st) }, someStat},
	{"multi header", boxed(decodeMultiHeaderValue), func(b []byte, v any) []byte {
		h := v.(multiHeader)
		return AppendMultiHeader(b, h.op, h.done, h.code)
	}, multiHeader{OpCheck, true, -1}},
	{"reply header", whole(DecodeReplyHeader), unboxed(AppendReplyHeader), ReplyHeader{Xid: -1, Zxid: 1 << 40, Err: -101}},
	{"watch event", whole(DecodeWatchEvent), unboxed(AppendWatchEvent), WatchEvent{Type: 4, State: 3, Path: "/a"}},
	{"connect request", whole(DecodeConnectRequest), func(b []byte, v any) []byte {
		r := v.(ConnectRequest)
		return AppendConnectRequest(b, &r)
	}, someConnectRequest},
	{"connect response", whole(DecodeConnectResponse), func(b []byte, v any) []byte {
		r := v.(ConnectResponse)
		return AppendConnectResponse(b, &r)
	}, someConnectResponse},
}

func TestDecode_UndoesAppendAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			v, rest, err := d.decode(append(d.encode(nil, d.sample), tail...))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(v, d.sample) {
				t.Errorf("got %+v, want %+v", v, d.sample)
			}
			if rest != nil && string(rest) != tail {
				t.Errorf("rest is %q, want %q", rest, tail)
			}
		})
	}
}

func TestDecode_TruncatedAtEveryByteIsUnexpectedEOF(t *testing.T) {
	t.Parallel()
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			full := d.encode(nil, d.sample)
			last := len(full)
			if d.name == "connect request" || d.name == "connect response" {
				last-- // the last byte, readOnly, may be missing
			}
			for n := range last {
				_, rest, err := d.decode(full[:n:n])
				var decodeErr *DecodeError
				if !errors.As(err, &decodeErr) || !errors.Is(err, io.ErrUnexpectedEOF) || rest != nil {
					t.Fatalf("first %d of %d bytes: rest %x, error %v", n, last, rest, err)
				}
				if decodeErr.What == "" || decodeErr.Offset+decodeErr.Have != n || int(decodeErr.Want) <= decodeErr.Have {
					t.Errorf("first %d of %d bytes: %+v does not add up", n, last, decodeErr)
				}
			}
		})
	}
}

func TestDecode_ResultsDoNotAliasTheBody(t *testing.T) {
	t.Parallel()
	for _, d := range decoders {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			body := d.encode(nil, d.sample)
			v, _, err := d.decode(body)
			if err != nil {
				t.Fatal(err)
			}
			for i := range body {
				body[i] = 0xee
			}
			if !reflect.DeepEqual(v, d.sample) {
				t.Errorf("after the body was overwritten: %+v, want %+v", v, d.sample)
			}
		})
	}
}

func TestDecode_NullAndEmptyAreTwoThings(t *testing.T) {
	t.Parallel()
	null, empty := unhex(t, "ffffffff 74"), unhex(t, "00000000 74")
	for _, d := range decoders {
		switch d.name {
		case "data", "strings", "acls":
		default:
			continue
		}
		v, rest, err := d.decode(null)
		if err != nil || !reflect.ValueOf(v).IsNil() || string(rest) != "t" {
			t.Errorf("%s: null gives %#v, rest %q, error %v", d.name, v, rest, err)
		}
		v, rest, err = d.decode(empty)
		if err != nil || reflect.ValueOf(v).IsNil() || reflect.ValueOf(v).Len() != 0 || string(rest) != "t" {
			t.Errorf("%s: empty gives %#v, rest %q, error %v", d.name, v, rest, err)
		}
	}
	if s, rest, err := DecodeString(null); s != "" || string(rest) != "t" || err != nil {
		t.Errorf("a null string gives %q, rest %q, error %v", s, rest, err)
	}
	ss, _, err := DecodeStrings(unhex(t, "00000002 ffffffff 00000001 61"))
	if err != nil || !reflect.DeepEqual(ss, []string{"", "a"}) {
		t.Errorf("a null in strings gives %q, error %v", ss, err)
	}
}

// badLengths are bodies with an impossible length or count, by decoder.
var badLengths = map[string][]string{
	"string":           {"fffffffe", "80000000", "7fffffff 61", "00000002 61"},
	"data":             {"fffffffe", "80000000", "7fffffff 61", "00000002 61"},
	"strings":          {"fffffffe", "80000000", "7fffffff 00000000", "00000002 00000000", "00000001 fffffffe", "00000001 00000009 61"},
	"acls":             {"fffffffe", "80000000", "7fffffff 00000000", "00000001 0000001f 00000000", "00000001 0000001f fffffffe 00000000"},
	"watch event":      {"00000003 00000003 fffffffe", "00000003 00000003 7fffffff 2f"},
	"connect request":  {"00000000 0000000000000005 00000fa0 0000000000000006 fffffffe", "00000000 0000000000000005 00000fa0 0000000000000006 7fffffff aa"},
	"connect response": {"00000000 00000fa0 0000000000000006 fffffffe", "00000000 00000fa0 0000000000000006 7fffffff aa"},
}

func TestDecode_ImpossibleLengthIsADecodeError(t *testing.T) {
	t.Parallel()
	for _, d := range decoders {
		for _, vector := range badLengths[d.name] {
			t.Run(fmt.Sprintf("%s/%s", d.name, vector), func(t *testing.T) {
				t.Parallel()
				v, rest, err := d.decode(unhex(t, vector))
				var decodeErr *DecodeError
				if !errors.As(err, &decodeErr) || rest != nil {
					t.Errorf("got %v, rest %x, error %v, want a *DecodeError", v, rest, err)
				}
			})
		}
	}
}

func TestDecodeError_NamesWhatWhereAndHowMuch(t *testing.T) {
	t.Parallel()
	_, _, err := DecodeStrings(unhex(t, "00000002 00000001 61 00000009 62"))
	if want := "wire: decode string: want 9 bytes at offset 13, have 1: unexpected EOF"; err == nil || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
	_, _, err = DecodeStrings(unhex(t, "00000002 00000001 61 fffffffe"))
	if want := "wire: decode string: invalid length -2 at offset 9"; err == nil || err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("a negative length is not the end of the bytes")
	}
}

func TestDecodeStat_LeavesTheStatAloneOnError(t *testing.T) {
	t.Parallel()
	st := someStat
	if _, err := DecodeStat(make([]byte, statLen-1), &st); err == nil || st != someStat {
		t.Errorf("stat is %+v, error %v", st, err)
	}
}

func TestDecodeConnect_ReadOnlyMayBeMissing(t *testing.T) {
	t.Parallel()
	request := AppendConnectRequest(nil, &someConnectRequest)
	gotRequest, err := DecodeConnectRequest(request[:len(request)-1])
	wantRequest := someConnectRequest
	wantRequest.ReadOnly = false
	if err != nil || !reflect.DeepEqual(gotRequest, wantRequest) {
		t.Errorf("request is %+v, error %v", gotRequest, err)
	}
	response := AppendConnectResponse(nil, &someConnectResponse)
	gotResponse, err := DecodeConnectResponse(response[:len(response)-1])
	if err != nil || !reflect.DeepEqual(gotResponse, someConnectResponse) {
		t.Errorf("response is %+v, error %v", gotResponse, err)
	}
}
