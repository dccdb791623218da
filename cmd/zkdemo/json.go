package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"
)

// printJSON writes v as JSON, indented so that people can read it too.
func printJSON(w io.Writer, v any) error { return encodeJSON(w, v, "  ") }

// printJSONLine writes v as JSON on one line, for programs that read one report after the other.
func printJSONLine(w io.Writer, v any) error { return encodeJSON(w, v, "") }

func encodeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeUnseen(b.Bytes()))
	return err
}

// escapeUnseen escapes what could control a terminal and the encoder lets through: DEL, the control characters from U+0080
// on, and those that change the direction of writing. JSON has none of them outside of strings.
func escapeUnseen(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for _, r := range string(doc) {
		if r == '\n' || unicode.IsPrint(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// sessionID is a session's id, in JSON a string in the form that servers print. As a number it would be above 2⁵³, which
// JavaScript and jq would round.
type sessionID int64

// MarshalText implements encoding.TextMarshaler.
func (id sessionID) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%x", uint64(id)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *sessionID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 64)
	*id = sessionID(n)
	return err
}

// statJSON is a Stat under the names that ZooKeeper's documentation gives its fields.
type statJSON struct {
	Czxid          int64     `json:"czxid"`
	Mzxid          int64     `json:"mzxid"`
	Pzxid          int64     `json:"pzxid"`
	Created        time.Time `json:"ctime"`
	Modified       time.Time `json:"mtime"`
	Version        int32     `json:"version"`
	Cversion       int32     `json:"cversion"`
	Aversion       int32     `json:"aversion"`
	EphemeralOwner sessionID `json:"ephemeral_owner"`
	DataLength     int32     `json:"data_length"`
	NumChildren    int32     `json:"num_children"`
}

func newStatJSON(s zk.Stat) *statJSON {
	return &statJSON{
		Czxid: s.Czxid, Mzxid: s.Mzxid, Pzxid: s.Pzxid, Created: time.UnixMilli(s.Ctime).UTC(), Modified: time.UnixMilli(s.Mtime).UTC(),
		Version: s.Version, Cversion: s.Cversion, Aversion: s.Aversion,
		EphemeralOwner: sessionID(s.EphemeralOwner), DataLength: s.DataLength, NumChildren: s.NumChildren,
	}
}

// dataJSON is the JSON for a znode's data: text if they are valid UTF-8, and base64 otherwise.
type dataJSON struct {
	Text   *string `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
}

func newDataJSON(data []byte) *dataJSON {
	if utf8.Valid(data) {
		text := string(data)
		return &dataJSON{Text: &text}
	}
	return &dataJSON{Base64: data}
}
