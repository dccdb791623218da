package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// document is an instance as Curator writes it, in the order of its fields.
type document struct {
	Name       string          `json:"name"`
	ID         string          `json:"id"`
	Address    *string         `json:"address"`
	Port       *int            `json:"port"`
	SSLPort    *int            `json:"sslPort"`
	Payload    json.RawMessage `json:"payload"`
	Registered int64           `json:"registrationTimeUTC"`
	Type       ServiceType     `json:"serviceType"`
	URI        *uriDocument    `json:"uriSpec"`
	Enabled    *bool           `json:"enabled,omitempty"` // written only if false, since old releases of Curator refuse it
}

type uriDocument struct {
	Parts URISpec `json:"parts"`
}

// orNull returns nil for the zero value.
func orNull[T comparable](v T) *T {
	var nothing T
	if v == nothing {
		return nil
	}
	return &v
}

// MarshalJSON returns the instance as Curator's JsonInstanceSerializer writes it, except that "enabled" is written only if it
// is false.
func (i Instance) MarshalJSON() ([]byte, error) {
	d := document{i.Name, i.ID, orNull(i.Address), orNull(i.Port), orNull(i.SSLPort), i.Payload, milliseconds(i.Registered), i.Type, nil, nil}
	if i.URI != nil {
		d.URI = &uriDocument{i.URI}
	}
	if i.Disabled {
		d.Enabled = new(bool)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // Jackson does not
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads what Curator writes. Field names are case-sensitive, and unknown ones are ignored. If data is not
// an instance, the error is [ErrMalformed].
func (i *Instance) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var got Instance
	var milliseconds int64
	enabled := true
	for _, f := range []struct {
		name string
		into any
	}{
		{"name", &got.Name}, {"id", &got.ID}, {"address", &got.Address}, {"port", &got.Port}, {"sslPort", &got.SSLPort},
		{"registrationTimeUTC", &milliseconds}, {"serviceType", &got.Type}, {"uriSpec", &got.URI}, {"enabled", &enabled},
	} {
		if raw, ok := fields[f.name]; ok {
			if err := json.Unmarshal(raw, f.into); err != nil {
				return fmt.Errorf("%w: field %q: %w", ErrMalformed, f.name, err)
			}
		}
	}
	if got.Name == "" || got.ID == "" {
		return fmt.Errorf("%w: it has no name or no id", ErrMalformed)
	}
	if milliseconds != 0 {
		got.Registered = time.UnixMilli(milliseconds).UTC()
	}
	if payload := fields["payload"]; string(payload) != "null" {
		got.Payload = bytes.Clone(payload)
	}
	got.Disabled = !enabled
	*i = got
	return nil
}
