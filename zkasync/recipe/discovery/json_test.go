package discovery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

// golden are instances, and the bytes that Curator 5.4.0 has written for them.
var golden = []struct {
	json     string
	instance discovery.Instance
}{
	{`{"name":"web","id":"id1","address":"10.0.0.1","port":80,"sslPort":443,"payload":null,"registrationTimeUTC":1795655668317,"serviceType":"DYNAMIC","uriSpec":{"parts":[{"value":"scheme","variable":true},{"value":"://","variable":false},{"value":"address","variable":true},{"value":":","variable":false},{"value":"port","variable":true}]}}`,
		discovery.Instance{Name: "web", ID: "id1", Address: "10.0.0.1", Port: 80, SSLPort: 443, Registered: time.UnixMilli(1795655668317).UTC(),
			URI: discovery.URISpec{{"scheme", true}, {"://", false}, {"address", true}, {":", false}, {"port", true}}}},
	{`{"name":"web","id":"é\"<&>\u0001\t","address":null,"port":null,"sslPort":null,"payload":"pay\"load","registrationTimeUTC":5,"serviceType":"STATIC","uriSpec":null}`,
		discovery.Instance{Name: "web", ID: "é\"<&>\x01\t", Payload: json.RawMessage(`"pay\"load"`), Registered: time.UnixMilli(5).UTC(), Type: discovery.Static}},
	{`{"name":"web","id":"i","address":"h","port":80,"sslPort":null,"payload":["java.util.ArrayList",["a",1]],"registrationTimeUTC":0,"serviceType":"PERMANENT","uriSpec":{"parts":[]}}`,
		discovery.Instance{Name: "web", ID: "i", Address: "h", Port: 80, Payload: json.RawMessage(`["java.util.ArrayList",["a",1]]`), Type: discovery.Permanent,
			URI: discovery.URISpec{}}},
	{`{"name":"web","id":"i","address":"h","port":null,"sslPort":null,"payload":{"@class":"java.util.TreeMap","k":"v","n":1},"registrationTimeUTC":0,"serviceType":"DYNAMIC_SEQUENTIAL","uriSpec":null,"enabled":false}`,
		discovery.Instance{Name: "web", ID: "i", Address: "h", Payload: json.RawMessage(`{"@class":"java.util.TreeMap","k":"v","n":1}`),
			Type: discovery.DynamicSequential, Disabled: true}},
}

func TestInstance_ReadsAndWritesCuratorsBytes(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		var read discovery.Instance
		if err := json.Unmarshal([]byte(g.json), &read); err != nil {
			t.Error(err)
		}
		if !reflect.DeepEqual(read, g.instance) {
			t.Errorf("%s\nis read as %+v", g.json, read)
		}
		if written, err := g.instance.MarshalJSON(); err != nil || string(written) != g.json {
			t.Errorf("%s\nis written as\n%s %v", g.json, written, err)
		}
	}
}

// Curator reads these the same way.
func TestInstance_ReadsWhatOthersWrite(t *testing.T) {
	t.Parallel()
	n := discovery.Instance{Name: "n", ID: "i"}
	port := n
	port.Port = 80
	uri := n
	uri.URI = discovery.URISpec{{"scheme", true}, {"://x", false}}
	for text, want := range map[string]discovery.Instance{
		`{"name":"n","id":"i"}`:                                     n,
		`{"id":"i","name":"n","extra":{"x":[1]},"enabled":true}`:    n,
		`{"name":"m","id":"i","name":"n"}`:                          n,
		`{"name":"n","id":"i","port":80,"Port":"http","PORT":[]}`:   port, // names of fields are case-sensitive
		`{"name":"n","id":"i","uriSpec":"{scheme}://x"}`:            uri,
		` { "name" : "n" , "id" : "i" , "payload" : null } `:        n,
		`{"name":"n","id":"i","serviceType":null,"uriSpec":null}`:   n,
		`{"name":"n","id":"i","address":null,"port":null}`:          n,
		`{"name":"n","id":"i","registrationTimeUTC":0}`:             n,
		`{"name":"n","id":"i","uriSpec":null,"sslPort":null,"a":1}`: n,
	} {
		var got discovery.Instance
		if err := got.UnmarshalJSON([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
	}
}

func TestInstance_RefusesOtherJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "{}", "[]", "7", `"n"`, `{"name":"n"}`, `{"id":"i"}`, `{"name":"n","id":"i"`,
		`{"name":7,"id":"i"}`, `{"name":"n","id":"i","port":"http"}`, `{"name":"n","id":"i","port":80.5}`,
		`{"name":"n","id":"i","serviceType":"WAS"}`, `{"name":"n","id":"i","serviceType":1}`, `{"name":"n","id":"i","uriSpec":"{"}`,
		`{"name":"n","id":"i","uriSpec":[]}`, `{"name":"n","id":"i","enabled":"yes"}`, "\x00\x01\xff", `{"name":"n","id":"i","registrationTimeUTC":"x"}`} {
		got := discovery.Instance{Name: "before"}
		if err := got.UnmarshalJSON([]byte(text)); !errors.Is(err, discovery.ErrMalformed) || got.Name != "before" {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
	}
}

// What has been read and is written again has the same meaning.
func FuzzInstance_RoundTrip(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.json))
	}
	f.Add([]byte(`{"name":"\u2028","id":"\ud83d\ude00","payload":[1, 2],"registrationTimeUTC":-1,"port":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second discovery.Instance
		if first.UnmarshalJSON(data) != nil {
			return
		}
		written, err := first.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := second.UnmarshalJSON(written); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		again, err := second.MarshalJSON()
		if err != nil || !bytes.Equal(written, again) {
			t.Errorf("%s\nis written as\n%s %v", written, again, err)
		}
	})
}

func TestURISpec_Parse(t *testing.T) {
	t.Parallel()
	i := discovery.Instance{Name: "nm", ID: "i", Address: "h", Port: 1, Registered: time.UnixMilli(7)}
	for text, want := range map[string]string{
		"{scheme}://{address}:{port}/{ssl-port}?{[}x{]}{ name }{nope}": "http://h:1/?{x}nm",
		"": "", "plain": "plain", "{}": "", "{id}{service-type}{registration-time-utc}": "idynamic7", "{more}": "M",
	} {
		i.URI = form(t, text)
		if got := i.Expand(map[string]string{"more": "M"}); got != want {
			t.Errorf("%s gives %s, want %s", text, got, want)
		}
		if again := form(t, i.URI.String()); !reflect.DeepEqual(again, i.URI) {
			t.Errorf("%s becomes %s", text, i.URI)
		}
	}
	i.SSLPort = 443
	i.URI = form(t, "{scheme}:{ssl-port}")
	if got := i.Expand(map[string]string{"scheme": "wss"}); got != "wss:443" {
		t.Error(got)
	}
	if got := i.Expand(nil); got != "https:443" {
		t.Error(got)
	}
	for _, text := range []string{"a}b", "{a{b}", "{open", "}", "{", "{a}}"} {
		if spec, err := discovery.ParseURISpec(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s becomes %v, %v", text, spec, err)
		}
	}
}

func TestPayloadOf(t *testing.T) {
	t.Parallel()
	of := func(payload string) discovery.Instance {
		return discovery.Instance{Name: "n", ID: "i", Payload: json.RawMessage(payload)}
	}
	type details struct {
		Zone string `json:"zone"`
	}
	if d, err := discovery.PayloadOf[details](of(`{"@class":"com.example.Details","zone":"a"}`)); err != nil || d.Zone != "a" {
		t.Error(d, err)
	}
	if n, err := discovery.PayloadOf[int](of(`["java.lang.Long",7]`)); err != nil || n != 7 {
		t.Error(n, err)
	}
	if b, err := discovery.PayloadOf[[]byte](of(`["[B","AQI="]`)); err != nil || !bytes.Equal(b, []byte{1, 2}) {
		t.Error(b, err)
	}
	if all, err := discovery.PayloadOf[[]any](of(`["java.util.ArrayList",["a",1]]`)); err != nil || len(all) != 2 || all[0] != "a" {
		t.Error(all, err)
	}
	if all, err := discovery.PayloadOf[[]string](of(`["a.b","c"]`)); err != nil || len(all) != 2 || all[0] != "a.b" {
		t.Error(all, err)
	}
	if d, err := discovery.PayloadOf[*details](discovery.Instance{}); err != nil || d != nil {
		t.Error(d, err)
	}
	if d, err := discovery.PayloadOf[details](of(`"text"`)); err == nil || d != (details{}) || !strings.Contains(err.Error(), "payload of n i") {
		t.Error(d, err)
	}
}
