package wire_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "capture testdata/golden again from a real server and Apache's client")

func TestMain(m *testing.M) {
	flag.Parse()
	if *update {
		if err := capture(); err != nil {
			fmt.Fprintln(os.Stderr, "capture:", err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}
