package transfer

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

// unpack returns the contents of a tar archive, and checks that each entry has a time and can be read by everybody.
func unpack(t *testing.T, r io.Reader) tree {
	t.Helper()
	tr := tree{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return tr
		}
		must(t, err)
		contents, err := io.ReadAll(archive)
		must(t, err)
		tr[header.Name] = string(contents)
		if header.ModTime.IsZero() || header.FileInfo().Mode().Perm()&0o444 != 0o444 {
			t.Errorf("%q is of %v and has mode %v", header.Name, header.ModTime, header.FileInfo().Mode())
		}
	}
}

func TestArchive_HoldsWhatExportWrites(t *testing.T) {
	t.Parallel()
	c, target := connect(t), zkserver.Root(t)
	tr := randomTree(300)
	tr["ünï/"+dataFile], tr["日本/語"], tr[dataFile] = "data", "", "of the top"
	source := tr.write(t)
	report, err := Import(t.Context(), c, source, target, modest(&watcher{}))
	complete(t, report, err)
	var b bytes.Buffer
	out := &watcher{}
	report, err = Archive(t.Context(), c, target, &b, roomForEight(out))
	complete(t, report, err)
	if out.found != out.done || out.foundBytes != out.doneBytes {
		t.Errorf("progress: %+v", out)
	}
	sameTree(t, unpack(t, &b), readTree(t, source))
}

// full is a disk that has room for left more bytes.
type full struct{ left int }

var errFull = errors.New("no room")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestArchive_EndsWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	c, target := connect(t), zkserver.Root(t)
	report, err := Import(t.Context(), c, randomTree(300).write(t), target, modest(&watcher{}))
	complete(t, report, err)
	report, err = Archive(t.Context(), c, target, &full{left: 10_000}, roomForEight(&watcher{}))
	if !errors.Is(err, errFull) || len(report.Skipped) > 0 || report.NotBegun+int64(len(report.Unfinished)) == 0 {
		t.Errorf("%v, %d skipped, %d not begun, %d not finished", err, len(report.Skipped), report.NotBegun, len(report.Unfinished))
	}
}
