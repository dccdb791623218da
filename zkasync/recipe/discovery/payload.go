package discovery

import (
	"encoding/json"
	"fmt"
	"strings"
)

// PayloadOf returns an instance's payload as a T, or the zero T if it has none.
//
// Java processes that use Curator put the name of the Java class into the payload: as a field "@class" of an object, which is
// ignored if T has no such field, or in front of any other value, as in ["java.lang.Long",7], where PayloadOf skips it. If a
// Java process is to read the payload as an object of a certain class, T needs a field for "@class"; without it, Java gets a
// Map. Strings, numbers and booleans need no class, except whole numbers of more than 32 bits; lists need one.
func PayloadOf[T any](i Instance) (T, error) {
	var v T
	if i.Payload == nil {
		return v, nil
	}
	if raw, ok := unwrapped(i.Payload); ok {
		var inner T
		if json.Unmarshal(raw, &inner) == nil {
			return inner, nil
		}
	}
	if err := json.Unmarshal(i.Payload, &v); err != nil {
		var nothing T
		return nothing, fmt.Errorf("payload of %s %s: %w", i.Name, i.ID, err)
	}
	return v, nil
}

// unwrapped returns the value after the name of a Java class, or false if the payload does not have that form.
func unwrapped(payload json.RawMessage) (raw json.RawMessage, ok bool) {
	var pair []json.RawMessage
	var class string
	if json.Unmarshal(payload, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &class) != nil {
		return nil, false
	}
	return pair[1], strings.Contains(class, ".") || strings.HasPrefix(class, "[") // "[" begins the name of an array class
}
