package transfer

import (
	"errors"
	"fmt"
	"strings"
)

// systemWindows is the value of runtime.GOOS for which the rules of Windows apply.
const systemWindows = "windows"

// checkLocalName returns an error that says why no file on goos may be called name, or nil. Znodes may have names that files
// may not have. On Unix, only reserved names are refused, and "/" and ".." in case the server is not a real ZooKeeper; on
// Windows also names that mean a device, a stream or another folder there.
func checkLocalName(goos, name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fmt.Errorf("%q is not a file name", name)
	case strings.ContainsAny(name, "/\x00"):
		return fmt.Errorf("%q: a file name may not contain a slash or a NUL", name)
	case isReserved(name):
		return fmt.Errorf("%q: names that begin with %s are reserved for this program", name, reservedPrefix)
	case goos == systemWindows:
		return checkWindowsName(name)
	}
	return nil
}

func checkWindowsName(name string) error {
	if i := strings.IndexAny(name, `<>:"\|?*`); i >= 0 {
		return fmt.Errorf("%q: Windows does not allow the character %q in a file name", name, name[i])
	}
	for _, r := range name {
		if r < ' ' {
			return fmt.Errorf("%q: Windows does not allow the character %U in a file name", name, r)
		}
	}
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		return fmt.Errorf("%q: Windows drops a dot or a space at the end of a file name", name)
	}
	if isDevice(name) {
		return errors.New(name + " is a device on Windows")
	}
	return nil
}

// devices are names that Windows reserves for devices, with any extension and in any case.
var devices = []string{
	"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
	"COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
	"LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
}

func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.TrimRight(stem, " ")
	for _, device := range devices {
		if strings.EqualFold(stem, device) {
			return true
		}
	}
	return false
}
