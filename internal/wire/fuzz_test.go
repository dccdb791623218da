package wire

import (
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"testing"
)

// fuzzDecoder gives a decoder any bytes. A value that it accepts must not change
// when it is encoded and decoded again; an error must be a *DecodeError.
func fuzzDecoder(f *testing.F, name string) {
	d := decoderNamed(f, name)
	f.Add(d.encode(nil, d.sample))
	for _, vector := range badLengths[name] {
		f.Add(unhex(f, vector))
	}
	addGoldenBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		v, rest, err := d.decode(body)
		if err != nil {
			var decodeErr *DecodeError
			if !errors.As(err, &decodeErr) || rest != nil {
				t.Fatalf("rest %x, error %#v", rest, err)
			}
			return
		}
		if len(rest) > len(body) {
			t.Fatalf("%d bytes left of %d", len(rest), len(body))
		}
		again, left, err := d.decode(d.encode(nil, v))
		if err != nil || len(left) != 0 || !reflect.DeepEqual(nullAsEmpty(again), nullAsEmpty(v)) {
			t.Fatalf("%+v becomes %+v, %d bytes left, error %v", v, again, len(left), err)
		}
	})
}

// nullAsEmpty removes the only difference that encoding a vector does not keep.
func nullAsEmpty(v any) any {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice && rv.Len() == 0 {
		return nil
	}
	return v
}

func decoderNamed(tb testing.TB, name string) decoder {
	for _, d := range decoders {
		if d.name == name {
			return d
		}
	}
	tb.Fatalf("no decoder %q", name)
	return decoder{}
}

// addGoldenBodies adds the frames of the golden files, and their records without the
// reply header.
func addGoldenBodies(f *testing.F) {
	files, err := filepath.Glob(GoldenFile("*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d golden files, error %v", len(files), err)
	}
	for _, file := range files {
		frames, err := ReadGolden(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, frame := range frames {
			body := frame[lengthSize:]
			f.Add(body)
			if len(body) > HeaderLen {
				f.Add(body[HeaderLen:])
			}
		}
	}
}

func FuzzDecodeInt32(f *testing.F)           { fuzzDecoder(f, "int32") }
func FuzzDecodeInt64(f *testing.F)           { fuzzDecoder(f, "int64") }
func FuzzDecodeBool(f *testing.F)            { fuzzDecoder(f, "bool") }
func FuzzDecodeString(f *testing.F)          { fuzzDecoder(f, "string") }
func FuzzDecodeData(f *testing.F)            { fuzzDecoder(f, "data") }
func FuzzDecodeStrings(f *testing.F)         { fuzzDecoder(f, "strings") }
func FuzzDecodeACLs(f *testing.F)            { fuzzDecoder(f, "acls") }
func FuzzDecodeStat(f *testing.F)            { fuzzDecoder(f, "stat") }
func FuzzDecodeMultiHeader(f *testing.F)     { fuzzDecoder(f, "multi header") }
func FuzzDecodeReplyHeader(f *testing.F)     { fuzzDecoder(f, "reply header") }
func FuzzDecodeWatchEvent(f *testing.F)      { fuzzDecoder(f, "watch event") }
func FuzzDecodeConnectRequest(f *testing.F)  { fuzzDecoder(f, "connect request") }
func FuzzDecodeConnectResponse(f *testing.F) { fuzzDecoder(f, "connect response") }

// Whatever the bytes claim, a decoder allocates in proportion to how many there
// are. The worst case is a vector of ACLs, of which 12 bytes on the wire take 40 in
// memory. The constant allows for what the fuzzer itself allocates.
func FuzzDecode_AllocationIsBounded(f *testing.F) {
	const (
		perByte = 8
		noise   = 256 << 10
	)
	addGoldenBodies(f)
	for _, vectors := range badLengths {
		for _, vector := range vectors {
			f.Add(unhex(f, vector))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range decoders {
			limit := uint64(perByte*len(body) + noise)
			least := uint64(math.MaxUint64)
			for range 3 { // other goroutines allocate now and then, a decoder would do so each time
				least = min(least, allocated(func() { _, _, _ = d.decode(body) }))
				if least <= limit {
					break
				}
			}
			if least > limit {
				t.Fatalf("%s: %d bytes allocated for %d", d.name, least, len(body))
			}
		}
	})
}

// Every code except zero is an error with a text.
func FuzzErrorOf(f *testing.F) {
	for code := int32(-130); code <= 0; code++ {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code int32) {
		if err := ErrorOf(code); (err == nil) != (code == 0) || err != nil && err.Error() == "" {
			t.Fatalf("ErrorOf(%d) = %v", code, err)
		}
	})
}
