package zkasync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

var (
	// ErrNotWhitelisted: the server does not execute this four-letter word. The setting 4lw.commands.whitelist lists the
	// words that it executes; by default that is "srvr" alone (ZOOKEEPER-2693).
	ErrNotWhitelisted = errors.New("not in the server's whitelist, 4lw.commands.whitelist")
	// ErrNotServing: the server is running but serves no clients, because it is starting or has no quorum.
	ErrNotServing = errors.New("the server is not currently serving requests")
)

const (
	// wordReply bounds a reply. The longest are lists of connections and watches.
	wordReply = 16 << 20
	// What servers reply instead of executing a command (AbstractFourLetterCommand, NIOServerCnxn).
	replyNotListed  = "is not executed because it is not in the whitelist."
	replyNotServing = "This ZooKeeper instance is not currently serving requests"
)

// FourLetterWord sends one of the administrative commands, such as "srvr", "mntr" or "conf", to one server, "host:port",
// and returns the reply. It opens a connection of its own, to which the options WithTLS, WithDialer and
// WithConnectTimeout apply. If ctx has no deadline, the call takes at most a session timeout (WithSessionTimeout).
//
// The error is [ErrNotWhitelisted] or [ErrNotServing] when the server says so.
func FourLetterWord(ctx context.Context, server, word string, opts ...Option) (string, error) {
	answer, err := fourLetterWord(orBackground(ctx), server, word, opts)
	if err != nil {
		return "", fmt.Errorf("zkasync: four-letter word %q to %s: %w", word, printable(server), &escapedError{err})
	}
	return answer, nil
}

func fourLetterWord(ctx context.Context, address, word string, opts []Option) (string, error) {
	cfg, err := newConfig(address, opts)
	switch {
	case err != nil:
		return "", err
	case len(cfg.hosts) != 1 || cfg.chroot != "" || hosts.IsService(cfg.hosts[0]):
		return "", errors.New("want one server, host:port")
	case len(word) != 4 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "":
		return "", errors.New("want four letters from a to z")
	}
	ctx, cancel := withDefaultTimeout(ctx, cfg)
	defer cancel()
	dialing, dialed := context.WithTimeout(ctx, cfg.askTime())
	defer dialed()
	sock, err := cfg.reach().Connect(dialing, hosts.AsGiven(cfg.hosts)[0])
	if err != nil {
		return "", err
	}
	defer sock.Close()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(ended); _ = sock.Close() })
	answer, err := exchange(sock, word)
	if !stop() {
		<-ended
		return "", ctx.Err() // the reason why reading failed
	}
	return answer, err
}

func withDefaultTimeout(ctx context.Context, cfg *config) (context.Context, context.CancelFunc) {
	if _, bounded := ctx.Deadline(); bounded {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, cfg.sessionTimeout)
}

func exchange(sock net.Conn, word string) (string, error) {
	if _, err := io.WriteString(sock, word); err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(sock, wordReply+1))
	answer := string(raw)
	switch {
	case len(raw) > wordReply:
		return "", fmt.Errorf("the answer is longer than %d bytes", wordReply)
	case strings.Contains(answer, replyNotListed):
		return "", ErrNotWhitelisted
	case strings.HasPrefix(answer, replyNotServing):
		return "", ErrNotServing
	case err != nil:
		return "", err
	case answer == "":
		return "", errors.New("the server closed the connection without an answer: it may not know the word, or want TLS")
	}
	return answer, nil
}

// ServerOK asks one server by "ruok" whether its process is healthy. That does not mean that it serves clients: if it does
// not, [ServerStats] fails with [ErrNotServing]. Servers answer only if the command is in their 4lw.commands.whitelist;
// otherwise the error is [ErrNotWhitelisted]. The options are those of [FourLetterWord].
func ServerOK(ctx context.Context, server string, opts ...Option) error {
	answer, err := FourLetterWord(ctx, server, "ruok", opts...)
	if err == nil && answer != "imok" {
		err = fmt.Errorf(`zkasync: %s answered "ruok" with %q`, printable(server), answer)
	}
	return err
}

// ServerStats asks one server for its statistics by "mntr": "zk_server_state" is "leader", "follower", "observer" or
// "standalone", "zk_znode_count" the number of znodes, and so on; the names depend on the server's version. Servers
// answer only if the command is in their 4lw.commands.whitelist; otherwise the error is [ErrNotWhitelisted]. The options
// are those of [FourLetterWord].
func ServerStats(ctx context.Context, server string, opts ...Option) (map[string]string, error) {
	answer, err := FourLetterWord(ctx, server, "mntr", opts...)
	if err != nil {
		return nil, err
	}
	stats := make(map[string]string)
	for line := range strings.Lines(answer) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			stats[name] = value
		}
	}
	return stats, nil
}
