package main

import (
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"
)

// printJSON writes v for programs, and for people who look all the same.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
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
	EphemeralOwner int64     `json:"ephemeral_owner"`
	DataLength     int32     `json:"data_length"`
	NumChildren    int32     `json:"num_children"`
}

func newStatJSON(s zk.Stat) *statJSON {
	return &statJSON{
		Czxid: s.Czxid, Mzxid: s.Mzxid, Pzxid: s.Pzxid, Created: time.UnixMilli(s.Ctime).UTC(), Modified: time.UnixMilli(s.Mtime).UTC(),
		Version: s.Version, Cversion: s.Cversion, Aversion: s.Aversion,
		EphemeralOwner: s.EphemeralOwner, DataLength: s.DataLength, NumChildren: s.NumChildren,
	}
}

// dataJSON is a znode's data: as text where they are, in base64 otherwise.
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
