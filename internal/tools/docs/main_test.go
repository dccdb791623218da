package docs

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }

// root is the module's folder.
const root = "../../.."

// read returns a file of the module.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
