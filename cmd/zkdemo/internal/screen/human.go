package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bytes writes n with a binary unit: "0 B", "1.5 KiB", "3.0 GiB".
func Bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for value >= unit && prefix < len("KMGTPE")-1 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[prefix])
}

// Duration writes d, below a minute with no more than three significant digits: "750 ns", "12.3 µs", "4.56 ms", "1.20 s".
func Duration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return threeDigits(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return threeDigits(float64(d)/float64(time.Millisecond)) + " ms"
	case d < time.Minute:
		return threeDigits(d.Seconds()) + " s"
	}
	return d.Round(time.Second).String()
}

func threeDigits(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// Count writes n in groups of three: "1,234,567".
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}

// Plural returns, for example, "1 file" or "2 files".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Name returns name unchanged if it is safe to print on a terminal, and quoted otherwise.
func Name(name string) string {
	if IsText(name) {
		return name
	}
	return strconv.Quote(name)
}

// IsText reports whether s is valid UTF-8 without control characters, which a terminal shows as it is.
func IsText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// IsProse is like IsText, but allows the line ends and tabs of text files.
func IsProse(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n") // a lone carriage return would let later text overwrite earlier text
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

// Preview returns the beginning of data, at most limit characters of it: quoted if it is UTF-8, otherwise in hexadecimal.
func Preview(data []byte, limit int) string {
	if utf8.Valid(data) {
		if runes := []rune(string(data)); len(runes) > limit {
			return strconv.Quote(string(runes[:limit])) + "…"
		}
		return strconv.Quote(string(data))
	}
	if shown := limit / 2; len(data) > shown {
		return fmt.Sprintf("0x%x…", data[:shown])
	}
	return fmt.Sprintf("0x%x", data)
}
