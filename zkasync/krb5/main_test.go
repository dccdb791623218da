package krb5_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }
