package discovery_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

// jars are the libraries that Curator's service discovery needs, by their names in Debian.
var jars = []string{"curator-client", "curator-framework", "curator-recipes", "curator-x-discovery", "jackson-core", "jackson-databind",
	"jackson-annotations", "guava", "slf4j-api", "slf4j-nop", "zookeeper", "zookeeper-jute", "netty-all", "netty-handler",
	"netty-transport", "netty-common", "netty-buffer", "netty-resolver", "netty-codec", "netty-transport-native-unix-common",
	"netty-transport-native-epoll", "snappy-java", "metrics-core"}

// curator is a Java process that uses Curator's service discovery, see testdata.
type curator struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startCurator(t *testing.T, servers string) *curator {
	t.Helper()
	class := "/usr/share/java/" + strings.Join(jars, ".jar:/usr/share/java/") + ".jar"
	if exec.Command("javap", "-cp", class, "org.apache.curator.x.discovery.ServiceDiscovery").Run() != nil {
		t.Fatal("Curator's service discovery or a Java compiler is not installed; install them with: apt-get install libcurator-discovery-java default-jdk-headless")
	}
	cmd := exec.Command("java", "-cp", class, "testdata/DiscoveryPeer.java", servers)
	cmd.WaitDelay = 10 * time.Second
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Failed() {
			t.Logf("Curator: %v\n%s", err, trouble.String())
		}
	})
	return &curator{t, cmd, in, bufio.NewScanner(out)}
}

// ask sends a command to the process and returns its answer.
func (p *curator) ask(command string) string {
	p.t.Helper()
	fmt.Fprintln(p.in, command)
	if !p.out.Scan() {
		p.t.Fatalf("%s: no answer: %v", command, p.out.Err())
	}
	return p.out.Text()
}

func (p *curator) do(want, command string) {
	p.t.Helper()
	if got := p.ask(command); got != want {
		p.t.Fatalf("%s:\n     %s\nwant %s", command, got, want)
	}
}

// await sends a command until the answer is want.
func (p *curator) await(want, command string) {
	p.t.Helper()
	var got string
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = p.ask(command); got == want {
			return
		}
	}
	p.t.Fatalf("%s:\n     %s\nwant %s", command, got, want)
}

// shown returns instances as Curator's toString prints them, each with its URI.
func shown(instances ...discovery.Instance) string {
	var all []string
	for _, i := range instances {
		orNull := func(v any, missing bool) string {
			if missing {
				return "null"
			}
			return fmt.Sprint(v)
		}
		ms := int64(0)
		if !i.Registered.IsZero() {
			ms = i.Registered.UnixMilli()
		}
		all = append(all, fmt.Sprintf("ServiceInstance{name='%s', id='%s', address='%s', port=%s, sslPort=%s, payload=%s, registrationTimeUTC=%d, serviceType=%s, enabled=%t} %s",
			i.Name, i.ID, orNull(i.Address, i.Address == ""), orNull(i.Port, i.Port == 0), orNull(i.SSLPort, i.SSLPort == 0),
			javaText(i.Payload), ms, i.Type, !i.Disabled, i.Expand(nil)))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// javaText returns a payload as Java prints it.
func javaText(payload json.RawMessage) string {
	i := discovery.Instance{Payload: payload}
	if payload == nil {
		return "null"
	}
	if pairs, err := discovery.PayloadOf[map[string]string](i); err == nil {
		var all []string
		for k, v := range pairs {
			if k != "@class" {
				all = append(all, k+"="+v)
			}
		}
		slices.Sort(all)
		return "{" + strings.Join(all, ", ") + "}"
	}
	v, _ := discovery.PayloadOf[any](i)
	return fmt.Sprint(v)
}

func form(t *testing.T, text string) discovery.URISpec {
	t.Helper()
	spec, err := discovery.ParseURISpec(text)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// several returns instances that between them use all fields and types of payload.
func several(t *testing.T) []discovery.Instance {
	t.Helper()
	at := time.UnixMilli(1795655668317)
	return []discovery.Instance{
		{Name: "web", ID: "a", Address: "10.0.0.1", Port: 80, Registered: at},
		{Name: "web", ID: "b", SSLPort: 443, Registered: at.Add(time.Millisecond), Type: discovery.Static, Payload: json.RawMessage(`"text<&>é"`)},
		{Name: "web", ID: "c", Address: "::1", Port: 8080, SSLPort: 8443, Registered: at, Type: discovery.Permanent, Payload: json.RawMessage(`7`),
			URI: form(t, "{scheme}://{address}:{ssl-port}/{id}?{[}x{]}{ nope }")},
		{Name: "web", ID: "d", Registered: at, Payload: json.RawMessage(`{"@class":"java.util.TreeMap","k":"v","l":"w"}`), URI: discovery.URISpec{}},
	}
}

// Curator sees every field of what we register, writes the same bytes for it, and follows changes.
func TestInterop_CuratorSeesOurs(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	d := discovery.New(c, "/services")
	p := startCurator(t, servers)
	p.do("done", "follow web")
	var registered []*discovery.Registration
	all := several(t)
	for _, i := range all {
		r := d.Register(i)
		must(t, r.Ready())
		registered = append(registered, r)
		p.do("same", "same web "+i.ID)
	}
	p.do("web", "names")
	p.do(shown(all...), "list web")
	p.await(shown(all...), "seen web")
	sequential := d.Register(discovery.Instance{Name: "web", ID: "e", Address: "h", Registered: all[0].Registered, Type: discovery.DynamicSequential})
	must(t, sequential.Ready())
	p.await(shown(append(all, sequential.Instance())...), "seen web")
	must(t, sequential.Unregister())

	for i, r := range registered {
		all[i].Address = "changed"
		must(t, r.Update(all[i]))
	}
	p.await(shown(all...), "seen web")
	p.do("changed", "provide web")
	all[0].Disabled = true
	must(t, registered[0].Update(all[0]))
	p.await(shown(all...), "seen web")
	for _, r := range registered {
		must(t, r.Unregister())
	}
	p.await("", "seen web")
}

// command returns a command for the process, with the fields of an instance.
func command(verb, id, address, rest string) string {
	return fmt.Sprintf("%s web %s %s %s", verb, id, address, rest)
}

// We see every field of what Curator registers, write the same bytes for it, and follow changes.
func TestInterop_WeSeeCurators(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	d := discovery.New(c, "/services")
	v := d.Watch(t.Context(), "web")
	defer v.Close()
	p := startCurator(t, servers)
	fields := map[string]string{
		"a": "80 - - 1795655668317 DYNAMIC -",
		"b": "- 443 text<&>é 5 STATIC -",
		"c": "8080 8443 7 6 PERMANENT {scheme}://{address}:{ssl-port}/{id}?{[}x{]}",
		"d": "- - k=v,l=w 0 DYNAMIC {nope}",
		"e": "1 2 - 7 DYNAMIC_SEQUENTIAL -",
	}
	for id, rest := range fields {
		p.do("done", command("register", id, "10.0.0.1", rest))
	}
	until(t, v, "all five", func(s discovery.Service) bool { return len(s.Instances) == len(fields) })
	s := must(t, d.Service(t.Context(), "web"))
	if len(s.Skipped) > 0 {
		t.Errorf("skipped %v", s.Skipped)
	}
	p.do(shown(s.Instances...), "list web")
	latest, _ := v.Latest()
	p.do(shown(latest.Instances...), "list web")
	for _, i := range s.Instances[:4] {
		n := must(t, c.Get(t.Context(), "/services/web/"+i.ID))
		if again, err := i.MarshalJSON(); err != nil || !bytes.Equal(n.Data, again) {
			t.Errorf("Curator wrote\n%s\nand we wrote\n%s %v", n.Data, again, err)
		}
	}
	p.do("done", command("update", "a", "10.0.0.2", fields["a"]))
	until(t, v, "the update", func(s discovery.Service) bool { return s.Instances[0].Address == "10.0.0.2" })
	p.do("done", command("unregister", "c", "-", fields["c"]))
	until(t, v, "the end of one", func(s discovery.Service) bool { return len(s.Instances) == 4 })
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, v, "what is static", func(s discovery.Service) bool { return len(s.Instances) == 1 && s.Instances[0].ID == "b" })
}

// Whichever of Curator and zkasync registers later replaces the instance of the other with the same id, even if that has crashed
// and its session has not ended.
func TestInterop_SameID(t *testing.T) {
	t.Parallel()
	crashed, twin, proxy, servers := proxied(t)
	d := discovery.New(twin, "/services")
	v := d.Watch(t.Context(), "web")
	defer v.Close()
	p := startCurator(t, servers)
	p.do("done", command("register", "a", "theirs", "- - - 5 DYNAMIC -"))
	addresses(t, v, "theirs")
	mine := discovery.New(crashed, "/services").Register(discovery.Instance{Name: "web", ID: "a", Address: "ours"})
	must(t, mine.Ready())
	addresses(t, v, "ours")
	proxy.Drop(zkproxy.ToServer, true)
	proxy.Drop(zkproxy.ToClient, true)
	p.do("done", command("register", "a", "theirs", "- - - 6 DYNAMIC -"))
	addresses(t, v, "theirs")
	proxy.Cut()
	proxy.Heal()
	returns(t, crashed)
	addresses(t, v, "theirs")
	p.do("done", command("unregister", "a", "theirs", "- - - 6 DYNAMIC -"))
	addresses(t, v, "ours") // it has waited for this
	must(t, mine.Unregister())
}
