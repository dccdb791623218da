package discovery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// demo returns a client of a server in this process. Your program calls zkasync.Connect(ctx, "zk1:2181,zk2:2181").
func demo() (c *zkasync.Client, end func()) {
	srv, err := zktest.New()
	if err != nil {
		panic(err)
	}
	c, err = zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return c, func() {
		_ = c.Close()
		srv.Close()
	}
}

// An instance of a service registers itself, and others find it.
func Example() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	services := discovery.New(c, "/services")
	me := services.Register(discovery.Instance{Name: "web", Address: "10.0.0.1", Port: 80})
	if _, err := me.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer me.Unregister()

	web := services.Provider(ctx, "web", discovery.WithStrategy(discovery.Random())) // elsewhere
	defer web.Close()
	one, err := web.Await(ctx).Get(ctx)
	fmt.Println(one.Address, one.Port, err)
	// Output: 10.0.0.1 80 <nil>
}

// An instance with an id, a template for its URI, and a payload.
func ExampleDiscovery_Register() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	form, err := discovery.ParseURISpec("{scheme}://{address}:{port}/api")
	if err != nil {
		fmt.Println(err)
		return
	}
	me := discovery.New(c, "/services").Register(discovery.Instance{
		Name: "web", ID: "host1", Address: "10.0.0.1", Port: 80, URI: form, Payload: json.RawMessage(`{"zone":"a"}`),
		Registered: time.UnixMilli(1), // usually left out: the default is the present time
	})
	if _, err := me.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	node, err := c.Get(ctx, me.Path()).Get(ctx)
	fmt.Println(string(node.Data), err)
	fmt.Println(me.Instance().Expand(nil))
	// Output:
	// {"name":"web","id":"host1","address":"10.0.0.1","port":80,"sslPort":null,"payload":{"zone":"a"},"registrationTimeUTC":1,"serviceType":"DYNAMIC","uriSpec":{"parts":[{"value":"scheme","variable":true},{"value":"://","variable":false},{"value":"address","variable":true},{"value":":","variable":false},{"value":"port","variable":true},{"value":"/api","variable":false}]}} <nil>
	// http://10.0.0.1:80/api
}

// An instance that takes itself out of service for a while.
func ExampleRegistration_Update() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	services := discovery.New(c, "/services", discovery.WithACL(zk.WorldACL(zk.PermAll))) // the default is the client's
	me := services.Register(discovery.Instance{Name: "web", ID: "host1", Address: "10.0.0.1"})
	pause := me.Instance()
	pause.Disabled = true
	if _, err := me.Update(pause).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	now, err := services.Instance(ctx, "web", "host1").Get(ctx)
	fmt.Println(now.Disabled, err)
	_, err = me.Unregister().Get(ctx)
	fmt.Println(err)
	// Output:
	// true <nil>
	// <nil>
}

// The names of all services, and one service with its instances.
func ExampleDiscovery_Service() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	services := discovery.New(c, "/services")
	if _, err := services.Register(discovery.Instance{Name: "web", ID: "host1"}).Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	c.Create(ctx, "/services/web/notes", []byte("not an instance"))
	names, err := services.Names(ctx).Get(ctx)
	fmt.Println(names, err)
	web, err := services.Service(ctx, "web").Get(ctx)
	fmt.Println(web.Instances[0].ID, web.Skipped[0].Path, errors.Is(web.Skipped[0].Err, discovery.ErrMalformed), err)
	// Output:
	// [web] <nil>
	// host1 /services/web/notes true <nil>
}

// The loop gets the service after each change, until it has two instances.
func ExampleDiscovery_Watch() {
	c, end := demo()
	defer end()

	services := discovery.New(c, "/services")
	web := services.Watch(context.Background(), "web")
	services.Register(discovery.Instance{Name: "web", ID: "host1"})
	services.Register(discovery.Instance{Name: "web", ID: "host2"})
	for now, err := range web.All(context.Background()) {
		if err == nil && len(now.Instances) == 2 {
			fmt.Println(now.Instances[0].ID, now.Instances[1].ID)
			web.Close()
		}
	}
	fmt.Println(web.Err())
	// Output:
	// host1 host2
	// recipe: watch group /services/web: it was given back
}

// A select waits for changes of the service and for other things.
func ExampleView_C() {
	c, end := demo()
	defer end()

	services := discovery.New(c, "/services")
	web := services.Watch(context.Background(), "web")
	defer web.Close()
	services.Register(discovery.Instance{Name: "web", ID: "host1"})
	timeout := time.After(10 * time.Second)
	for {
		select {
		case now, open := <-web.C():
			switch {
			case !open:
				fmt.Println(web.Err())
				return
			case len(now.Instances) > 0:
				fmt.Println(now.Instances[0].ID)
				web.Refresh() // if permissions have changed
				return
			}
		case <-timeout:
			fmt.Println("nobody came")
			return
		}
	}
	// Output: host1
}

// A callback gets the service, in one sequence with all other callbacks of the client.
func ExampleView_OnChange() {
	c, end := demo()
	defer end()

	web := discovery.New(c, "/services").Watch(context.Background(), "web")
	defer web.Close()
	told := make(chan string)
	remove := web.OnChange(func(now discovery.Service) { told <- fmt.Sprint(now.Name, " has ", len(now.Instances)) })
	fmt.Println(<-told)
	remove()
	// Output: web has 0
}

// A future for the next change can be waited for together with others.
func ExampleView_Changed() {
	c, end := demo()
	defer end()

	services := discovery.New(c, "/services")
	web := services.Watch(context.Background(), "web")
	defer web.Close()
	services.Register(discovery.Instance{Name: "web", ID: "host1"})
	for {
		changed := web.Changed() // before Latest, so that nothing is missed
		if now, _ := web.Latest(); len(now.Instances) > 0 {
			fmt.Println(now.Instances[0].ID)
			return
		}
		<-changed.Done()
	}
	// Output: host1
}

// An instance that fails is set aside for a while.
func ExampleProvider_NoteError() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	services := discovery.New(c, "/services")
	services.Register(discovery.Instance{Name: "web", ID: "host1"})
	web := services.Provider(ctx, "web",
		discovery.WithStrategy(discovery.Sticky(discovery.RoundRobin())),
		discovery.WithDownPolicy(discovery.DownPolicy{Errors: 1, Timeout: time.Minute}),
		discovery.WithFilter(func(i discovery.Instance) bool { return i.Type == discovery.Dynamic }))
	defer web.Close()
	one, err := web.Await(ctx).Get(ctx)
	fmt.Println(one.ID, err)
	web.NoteError(one) // it could not be reached
	_, err = web.Next()
	fmt.Println(errors.Is(err, discovery.ErrNoInstance), len(web.Available()))
	all, _ := web.Service()
	fmt.Println(len(all.Instances))
	// Output:
	// host1 <nil>
	// true 0
	// 1
}

// A payload of a type of your own.
func ExamplePayloadOf() {
	type details struct {
		Class string `json:"@class,omitempty"` // for Java processes, if there are any
		Zone  string `json:"zone"`
	}
	data, err := json.Marshal(details{Class: "com.example.Details", Zone: "a"})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := discovery.PayloadOf[details](discovery.Instance{Payload: data})
	fmt.Println(d.Zone, err)
	// Output: a <nil>
}

// serve registers an instance of a service, and returns when others can see it.
func serve(ctx context.Context, services *discovery.Discovery, name, id, address string, port int) (*discovery.Registration, error) {
	me := services.Register(discovery.Instance{Name: name, ID: id, Address: address, Port: port})
	if _, err := me.Ready().Get(ctx); err != nil {
		me.Unregister()
		return nil, err
	}
	return me, nil
}

// reach calls an instance of a service, and others for as long as that fails, until ctx ends.
func reach(ctx context.Context, service *discovery.Provider, call func(discovery.Instance) error) error {
	for {
		one, err := service.Await(ctx).Get(ctx)
		if err != nil {
			return err
		}
		if call(one) == nil {
			return nil
		}
		service.NoteError(one) // after the second error, it is set aside for a while
	}
}

// One of two hosts does not answer, so the other one is used.
func Example_cookbook() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	services := discovery.New(c, "/services")
	for _, host := range []string{"host1", "host2"} {
		if _, err := serve(ctx, services, "mail", host, host, 25); err != nil {
			fmt.Println(err)
			return
		}
	}
	mail := services.Provider(ctx, "mail")
	defer mail.Close()
	err := reach(ctx, mail, func(i discovery.Instance) error {
		if i.Address == "host1" {
			return errors.New("no route to host")
		}
		fmt.Println("sent by", i.Address)
		return nil
	})
	fmt.Println(err)
	// Output:
	// sent by host2
	// <nil>
}
