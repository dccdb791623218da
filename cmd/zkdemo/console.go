package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

const consoleHelp = `sessions                  list the sessions
requests                  list the latest requests
tree                      list the znodes
expire SESSION            end a session; 'all' ends all
drop [SESSION]...         close connections; without sessions all
refuse, admit             turn new connections away; take them again
freeze [SESSION]...       neither read from connections nor write to them
thaw [SESSION]...         go on
slow DURATION             have each answer arrive later; 'slow 0s' ends it
lose [WHAT] [PATH] [N]    do the next N requests (1), and close the connection
                          instead of answering: the outcome is unknown. WHAT is
                          ` + loseWords + `; PATH may be a
                          pattern, such as /orders/* or /orders/**
mend                      end all of this: refuse, freeze, slow, lose
help                      this
`

// loseWords are the kinds of requests whose answers can be lost.
const loseWords = "any, write, create, set or delete"

var loseOps = map[string]zktest.Op{
	"any":    zktest.OpAny,
	"write":  zktest.OpAnyWrite,
	"create": zktest.OpAnyCreate,
	"set":    zktest.OpSetData,
	"delete": zktest.OpDelete,
}

// latestRequests is how many the console lists.
const latestRequests = 20

// longestLine is what a command may have, in bytes.
const longestLine = 4096

// console is a server's, which does what is typed.
type console struct {
	srv       *zktest.Server
	out, warn io.Writer

	mu     sync.Mutex
	ended  bool
	faults []*zktest.Injected
}

// run does what comes on the input until that ends. It is a goroutine of its own, which nothing joins: a read from a terminal
// or a pipe ends by itself only, or with the process.
func (c *console) run(input io.Reader) {
	in := bufio.NewReaderSize(input, longestLine)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			fmt.Fprintf(c.out, "a line has more than %d bytes\n", longestLine)
			line = nil
		}
		if words := strings.Fields(string(line)); len(words) > 0 {
			c.do(words[0], words[1:])
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintf(c.warn, "zkdemo: the console ends, the server goes on: %v\n", err)
			}
			return
		}
	}
}

// end mends what was broken, so that the data can be saved, and has run do nothing more.
func (c *console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.mend()
}

// do does one command and says what came of it.
func (c *console) do(word string, args []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	known, answer, err := true, "", error(nil)
	switch word {
	case "help", "?":
		answer = consoleHelp
	case "sessions":
		answer = c.sessions()
	case "requests":
		answer = c.requests()
	case "tree":
		answer = c.srv.Tree()
	case "expire":
		answer, err = c.expire(args)
	case "drop":
		answer, err = c.each(args, func(ids []int64) string { return plural(c.srv.Drop(ids...), "connection") + " closed" })
	case "refuse":
		c.srv.Refuse(true)
		answer = "new connections are refused"
	case "admit":
		c.srv.Refuse(false)
		answer = "new connections are taken"
	case "freeze":
		answer, err = c.each(args, func(ids []int64) string { c.srv.Freeze(ids...); return "frozen" })
	case "thaw":
		answer, err = c.each(args, func(ids []int64) string { c.srv.Thaw(ids...); return "thawed" })
	case "slow":
		answer, err = c.slow(args)
	case "lose":
		answer, err = c.lose(args)
	case "mend":
		answer = c.mend()
	default:
		known = false
	}
	switch {
	case !known:
		fmt.Fprintf(c.out, "there is no command %q; 'help' lists them\n", word)
	case err != nil:
		fmt.Fprintf(c.out, "%s: %s\n", word, strings.ReplaceAll(err.Error(), "zktest: ", ""))
	default:
		fmt.Fprintln(c.out, strings.TrimSuffix(answer, "\n"))
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (c *console) sessions() string {
	list := c.srv.Sessions()
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "0x%x timeout %v", s.ID, s.Timeout)
		if s.Connected {
			fmt.Fprintf(&b, " from %s", s.Addr)
		} else {
			b.WriteString(" without a connection")
		}
		for _, path := range s.Ephemerals {
			b.WriteString(" " + screen.Name(path))
		}
		b.WriteByte('\n')
	}
	if len(list) == 0 {
		return "there are no sessions"
	}
	return b.String()
}

func (c *console) requests() string {
	list := slices.DeleteFunc(c.srv.Requests(), func(q zktest.Request) bool { return q.Op == zktest.OpPing })
	if len(list) == 0 {
		return "there have been no requests"
	}
	var b strings.Builder
	for _, q := range list[max(0, len(list)-latestRequests):] {
		fmt.Fprintln(&b, q)
	}
	return b.String()
}

func (c *console) expire(args []string) (string, error) {
	if len(args) != 1 {
		return "", errors.New("name one session, or all")
	}
	var ids []int64
	if args[0] == "all" {
		for _, s := range c.srv.Sessions() {
			ids = append(ids, s.ID)
		}
	} else {
		id, err := c.session(args[0])
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	ended := 0
	for _, id := range ids {
		if err := c.srv.Expire(id); err == nil { // else it has just ended by itself
			ended++
		}
	}
	return plural(ended, "session") + " expired", nil
}

// each calls do with the sessions that args name.
func (c *console) each(args []string, do func(ids []int64) string) (string, error) {
	var ids []int64
	for _, arg := range args {
		id, err := c.session(arg)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	return do(ids), nil
}

// session reads a session's id and looks whether there is such a session.
func (c *console) session(arg string) (int64, error) {
	id, err := strconv.ParseUint(arg, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no session, such as 0x1000; 'sessions' lists them", arg)
	}
	for _, s := range c.srv.Sessions() {
		if s.ID == int64(id) {
			return s.ID, nil
		}
	}
	return 0, fmt.Errorf("there is no session 0x%x; 'sessions' lists them", id)
}

func (c *console) slow(args []string) (string, error) {
	if len(args) != 1 {
		return "", errors.New("say by how much, such as 100ms")
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d < 0 {
		return "", fmt.Errorf("%q is no duration, such as 100ms", args[0])
	}
	c.srv.SlowDown(d)
	return fmt.Sprintf("answers arrive %v later", d), nil
}

func (c *console) lose(args []string) (string, error) {
	f := zktest.Fault{Count: 1, When: zktest.After, Do: zktest.Drop()}
	what := "any"
	for _, arg := range args {
		op, isOp := loseOps[arg]
		n, err := strconv.Atoi(arg)
		switch {
		case isOp:
			f.Op, what = op, arg
		case err == nil && n > 0:
			f.Count = n
		case strings.HasPrefix(arg, "/"):
			if _, err := path.Match(strings.TrimSuffix(arg, "/**"), "/"); err != nil {
				return "", fmt.Errorf("%s: %w", arg, err)
			}
			f.Path = arg
		default:
			return "", fmt.Errorf("%q is neither %s, nor a path, nor a number from 1", arg, loseWords)
		}
	}
	c.faults = append(c.faults, c.srv.Fault(f))
	answer := fmt.Sprintf("the next answer to %s request is lost", what)
	if f.Count > 1 {
		answer = fmt.Sprintf("the next %d answers to %s requests are lost", f.Count, what)
	}
	if f.Path != "" {
		answer += " at " + f.Path
	}
	return answer, nil
}

func (c *console) mend() string {
	for _, f := range c.faults {
		f.Remove()
	}
	c.faults = nil
	c.srv.Refuse(false)
	c.srv.SlowDown(0)
	c.srv.Thaw()
	return "all is mended"
}
