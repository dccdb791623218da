package discovery

import (
	"encoding/json"
	"fmt"
	"strings"
)

// PayloadOf returns an instance's payload as a T, the zero T if it has none.
//
// Curator's processes put the name of the Java class into it: as a field "@class" of an object, which a T without that field ignores,
// and in front of what is no object, as in ["java.lang.Long",7], which is seen through. For a payload that a Java process is
// to read as an object of a class of its own, T needs a field for that name; without it Java gets a Map. Text, whole numbers up to 32 bits, other numbers
// and booleans go as they are, lists need a class.
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

// unwrapped returns what follows the name of a class.
func unwrapped(payload json.RawMessage) (raw json.RawMessage, ok bool) {
	var pair []json.RawMessage
	var class string
	if json.Unmarshal(payload, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &class) != nil {
		return nil, false
	}
	return pair[1], strings.Contains(class, ".") || strings.HasPrefix(class, "[") // the latter is an array's
}
