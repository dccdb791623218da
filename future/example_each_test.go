package future_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/zkasync/zkasync-go/future"
)

// lengthOf stands for an operation of a client.
func lengthOf(_ context.Context, word string) *future.Future[int] {
	if word == "" {
		return future.Failed[int](fmt.Errorf("empty word"))
	}
	return future.Resolved(len(word))
}

// At most 100 of the operations are under way at a time, however many words there are.
func ExampleEach() {
	ctx := context.Background()
	words := strings.Fields("a bounded number of futures at a time")
	lengths, err := future.Each(ctx, 100, words, lengthOf,
		future.OnProgress(func(done, total int) {
			if done == total {
				fmt.Println("all", total, "are done")
			}
		})).Get(ctx)
	fmt.Println(lengths, err)

	_, err = future.Each(ctx, 100, []string{"a", "", "b"}, lengthOf).Get(ctx)
	fmt.Println(err)
	// Output:
	// all 8 are done
	// [1 7 6 2 7 2 1 4] <nil>
	// future: item 1: empty word
}

func ExampleSettleEach() {
	ctx := context.Background()
	outcomes, err := future.SettleEach(ctx, 100, []string{"one", "", "three"}, lengthOf).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range outcomes {
		fmt.Println(o.Value, o.Err)
	}
	// Output:
	// 3 <nil>
	// 0 empty word
	// 5 <nil>
}

func ExampleAllOf() {
	ctx := context.Background()
	number, word := future.Resolved(1), future.Resolved("one")
	if _, err := future.AllOf(number, word).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	n, _ := number.Result()
	w, _ := word.Result()
	fmt.Println(n, w)
	// Output: 1 one
}

func ExampleSettleOf() {
	errs, _ := future.SettleOf(future.Resolved(1), future.Failed[string](fmt.Errorf("no word"))).Get(context.Background())
	fmt.Println(errs)
	// Output: [<nil> no word]
}
