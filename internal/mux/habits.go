package mux

// habits is what a server has shown.
type habits struct {
	joins    int32 // what it does with joined reads, see joinsNot
	addWatch bool  // it knows AddWatch
}

// What is known of whether a server takes multi-reads.
const (
	joinsNot     int32 = iota // it does not, or nobody has tried
	joinsUntried              // the next reads are to try
	joinsTrial                // they are in flight, and nothing else is
	joinsWell                 // it does
)
