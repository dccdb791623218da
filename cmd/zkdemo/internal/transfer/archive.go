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

// Archive is like Export, but writes a tar archive to w with the same files and directories, whose paths are relative to the
// znode from. If Archive returns an error, the archive is incomplete and useless.
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

// check implements destination. Which names the system allows that will unpack the archive is not known here.
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

// write adds an entry. After an error, no more entries can be added.
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
