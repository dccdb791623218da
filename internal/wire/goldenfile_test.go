package wire

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// GoldenDir is where the golden files are; its README describes their format. The
// names in this file are exported for the tests of package wire_test.
const GoldenDir = "../../testdata/golden"

// GoldenFile returns the path of the golden file with this name; "*" matches all.
func GoldenFile(name string) string { return filepath.Join(GoldenDir, name+".hex") }

// ReadGolden returns the frames of a golden file, each with its length: first the
// client's, then those of the server.
func ReadGolden(path string) (frames [][]byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		b, err := hex.DecodeString(strings.TrimSpace(line[1:]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if line[0] != ' ' {
			frames = append(frames, nil)
		}
		frames[len(frames)-1] = append(frames[len(frames)-1], b...)
	}
	if len(frames) < 2 {
		return nil, fmt.Errorf("%s: %d frames, want a request and a reply", path, len(frames))
	}
	return frames, nil
}

// FormatGolden returns the text of a golden file.
func FormatGolden(sent []byte, received [][]byte) []byte {
	text := formatFrame(nil, ">", sent)
	for _, frame := range received {
		text = formatFrame(text, "<", frame)
	}
	return text
}

func formatFrame(text []byte, mark string, frame []byte) []byte {
	const bytesPerLine = 32
	for len(frame) > 0 {
		n := min(bytesPerLine, len(frame))
		text = fmt.Appendf(text, "%s %x\n", mark, frame[:n])
		frame, mark = frame[n:], " "
	}
	return text
}
