package zkasync_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(closesStandIn{m})) }
