package transfer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Archive is Export into a tar archive, which it writes to w: the same files and directories, by their paths from the
// znode from on. An archive that Archive ended early with an error has no end, and is of no use.
func Archive(ctx context.Context, c *zkasync.Client, from string, w io.Writer, o Options) (Report, error) {
	if err := look(ctx, c, from); err != nil {
		return Report{}, err
	}
	a := &archive{tar: tar.NewWriter(w), made: time.Now()}
	report, err := export(ctx, c, from, a, o)
	if err == nil {
		err = a.tar.Close()
	}
	if err != nil {
		report.Files, report.Directories, report.Bytes = 0, 0, 0
	}
	return report, err
}

// archive is the tar archive that an export writes.
type archive struct {
	tar  *tar.Writer
	made time.Time
}

// check implements destination: what unpacks the archive has rules of its own, which are not known here.
func (a *archive) check(name string) error { return checkLocalName("", name) }

// top implements destination.
func (a *archive) top() (*localDir, bool, error) { return &localDir{rel: "."}, true, nil }

// subDir implements destination.
func (a *archive) subDir(parent *localDir, name string) (*localDir, bool, error) {
	rel := path.Join(parent.rel, name)
	err := a.write(tar.Header{Typeflag: tar.TypeDir, Name: rel + "/", Mode: 0o755}, nil)
	return &localDir{rel: rel}, true, err
}

// writeFile implements destination.
func (a *archive) writeFile(d *localDir, name string, data []byte) (bool, error) {
	err := a.write(tar.Header{Typeflag: tar.TypeReg, Name: path.Join(d.rel, name), Mode: 0o644}, data)
	return err == nil, err
}

// write adds an entry. Nothing can follow one that failed.
func (a *archive) write(h tar.Header, data []byte) error {
	h.Size, h.ModTime = int64(len(data)), a.made
	err := a.tar.WriteHeader(&h)
	if err == nil {
		_, err = a.tar.Write(data)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errArchive, err)
	}
	return nil
}

var errArchive = errors.New("write the archive")
