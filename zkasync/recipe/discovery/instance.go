package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Instance is an instance of a service (Curator: ServiceInstance). Register and Update copy it.
type Instance struct {
	// Name is the name of the service, and ID identifies the instance in it. Both are names of znodes. An instance that is
	// registered without an ID gets a random UUID.
	Name, ID string
	// Address is a host name or IP address, or "" (null in JSON) if there is none.
	Address string
	// Port and SSLPort are TCP ports, or 0 (null in JSON) if there is none.
	Port, SSLPort int
	// Payload is any JSON, or nil if there is none. See [PayloadOf].
	Payload json.RawMessage
	// Registered is the time of the registration, to the millisecond. Register sets it to the present time if it is zero.
	Registered time.Time
	// Type says what happens to the instance when its process ends.
	Type ServiceType
	// URI is the template of its URI, or nil if it has none. See [Instance.Expand].
	URI URISpec
	// Disabled hides it from providers, although it is registered.
	Disabled bool
}

// identity identifies an instance. An instance that is registered anew is another one.
type identity struct {
	name, id   string
	registered int64
}

func (i *Instance) identity() identity { return identity{i.Name, i.ID, milliseconds(i.Registered)} }

// milliseconds returns the milliseconds since the epoch, and 0 for the zero time, as Curator does.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

const maxPort = 65535

// check returns what is wrong with an instance that is to be registered.
func (i *Instance) check() error {
	if err := checkName("a service", i.Name); err != nil {
		return err
	}
	if err := checkName("an instance", i.ID); err != nil {
		return err
	}
	for _, port := range []int{i.Port, i.SSLPort} {
		if port < 0 || port > maxPort {
			return fmt.Errorf("port %d is not from 0 to %d", port, maxPort)
		}
	}
	if i.Payload != nil && !json.Valid(i.Payload) {
		return fmt.Errorf("payload %q is not JSON", i.Payload)
	}
	if _, err := i.Type.MarshalText(); err != nil {
		return err
	}
	return nil
}

// checkName returns what is wrong with the name of a service or an instance, which must be usable as a znode's.
func checkName(what, name string) error {
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return fmt.Errorf("name %q of %s is empty, a dot or two, or has a slash", name, what)
	}
	return nil
}

// ServiceType says what happens to an instance when its process ends.
type ServiceType int

const (
	// Dynamic instances end with their session.
	Dynamic ServiceType = iota
	// Static instances stay until they are unregistered.
	Static
	// Permanent instances are treated like Static ones, by Curator as well.
	Permanent
	// DynamicSequential instances are Dynamic ones that may share their id: the server appends a number to it.
	DynamicSequential
)

var typeNames = []string{"DYNAMIC", "STATIC", "PERMANENT", "DYNAMIC_SEQUENTIAL"}

// String returns Curator's name of the type.
func (t ServiceType) String() string {
	if t < 0 || int(t) >= len(typeNames) {
		return fmt.Sprintf("ServiceType(%d)", int(t))
	}
	return typeNames[t]
}

// MarshalText returns Curator's name of the type.
func (t ServiceType) MarshalText() ([]byte, error) {
	if t < 0 || int(t) >= len(typeNames) {
		return nil, fmt.Errorf("there is no service type %d", int(t))
	}
	return []byte(typeNames[t]), nil
}

// UnmarshalText takes one of Curator's names: DYNAMIC, STATIC, PERMANENT, DYNAMIC_SEQUENTIAL.
func (t *ServiceType) UnmarshalText(text []byte) error {
	for i, name := range typeNames {
		if name == string(text) {
			*t = ServiceType(i)
			return nil
		}
	}
	return fmt.Errorf("%q: must be one of %s", text, strings.Join(typeNames, ", "))
}

// ErrMalformed is the error of a znode whose data is not an instance.
var ErrMalformed = errors.New("not the JSON of a service instance")
