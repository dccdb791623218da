package discovery

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// URISpec is the template of a URI: pieces of text and variables (Curator: UriSpec).
type URISpec []URIPart

// URIPart is a piece of a [URISpec]: text, or the name of a variable.
type URIPart struct {
	Value    string `json:"value"`
	Variable bool   `json:"variable"`
}

// ParseURISpec parses a template such as "{scheme}://{address}:{port}/api". See [Instance.Expand] for the names.
func ParseURISpec(form string) (URISpec, error) {
	spec := URISpec{}
	for rest := form; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		switch {
		case i < 0:
			return append(spec, URIPart{rest, false}), nil
		case rest[i] == '}':
			return nil, fmt.Errorf("template %q has } without {", form)
		case i > 0:
			spec = append(spec, URIPart{rest[:i], false})
		}
		rest = rest[i+1:]
		i = strings.IndexAny(rest, "{}")
		if i < 0 || rest[i] == '{' {
			return nil, fmt.Errorf("template %q has { without }", form)
		}
		if i > 0 {
			spec = append(spec, URIPart{strings.TrimSpace(rest[:i]), true})
		}
		rest = rest[i+1:]
	}
	return spec, nil
}

// String returns the template.
func (s URISpec) String() string {
	var b strings.Builder
	for _, part := range s {
		if part.Variable {
			b.WriteString("{" + part.Value + "}")
		} else {
			b.WriteString(part.Value)
		}
	}
	return b.String()
}

// UnmarshalJSON reads what Curator writes, or a template as text, which Curator reads as well.
func (s *URISpec) UnmarshalJSON(data []byte) error {
	var form string
	if json.Unmarshal(data, &form) == nil && string(data) != "null" {
		spec, err := ParseURISpec(form)
		*s = spec
		return err
	}
	var d *struct {
		Parts []URIPart `json:"parts"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	*s = nil
	if d != nil {
		*s = append(URISpec{}, d.Parts...)
	}
	return nil
}

// Expand returns the instance's URI by its template, or "" if it has none (Curator: buildUriSpec). Variables are name, id,
// address, port, ssl-port, registration-time-utc, service-type, scheme (https if there is an SSL port, otherwise http), "["
// and "]" for the braces, and those in more, which take precedence. Unknown variables are left out.
func (i Instance) Expand(more map[string]string) string {
	vars := map[string]string{
		"[": "{", "]": "}", "scheme": "http", "name": i.Name, "id": i.ID, "address": i.Address,
		"registration-time-utc": strconv.FormatInt(milliseconds(i.Registered), 10), "service-type": strings.ToLower(i.Type.String()),
	}
	if i.Port != 0 {
		vars["port"] = strconv.Itoa(i.Port)
	}
	if i.SSLPort != 0 {
		vars["ssl-port"], vars["scheme"] = strconv.Itoa(i.SSLPort), "https"
	}
	maps.Copy(vars, more)
	var b strings.Builder
	for _, part := range i.URI {
		if part.Variable {
			b.WriteString(vars[part.Value])
		} else {
			b.WriteString(part.Value)
		}
	}
	return b.String()
}
