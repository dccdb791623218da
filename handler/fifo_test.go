package handler

import (
	"testing"
	"unsafe"
)

func TestFifo_KeepsEveryTaskInOrder(t *testing.T) {
	t.Parallel()
	var f fifo
	var free freelist
	const n = 3*blockLen + 1
	ran := 0
	for i := range n {
		f.push(fn(func() {
			if ran != i {
				t.Errorf("task %d in place %d", i, ran)
			}
			ran++
		}), &free)
	}
	for b := f.head; b != nil; b = b.next {
		for _, task := range b.tasks[:b.n] {
			task.Run()
		}
	}
	if ran != n {
		t.Errorf("%d tasks, want %d", ran, n)
	}
}

func TestFreelist_KeepsABoundedNumberOfCleanBlocks(t *testing.T) {
	t.Parallel()
	var free freelist
	for range 2 * maxFree {
		b := &block{n: 2}
		b.tasks[0], b.tasks[1] = fn(func() {}), fn(func() {})
		free.put(b)
	}
	for range maxFree {
		b := free.get()
		if b.n != 0 || b.next != nil || b.tasks[0] != nil || b.tasks[1] != nil {
			t.Fatalf("a free block is not clean: n %d, next %p", b.n, b.next)
		}
	}
	if free.head != nil || free.n != 0 {
		t.Errorf("more than %d blocks were kept", maxFree)
	}
}

func TestBlock_FillsAPage(t *testing.T) {
	t.Parallel()
	const page, header = 4096, 8
	word := unsafe.Sizeof(uintptr(0))
	if size := unsafe.Sizeof(block{}); word == 8 && (size > page-header || size < page-64) {
		t.Errorf("a block has %d bytes, which wastes memory", size)
	}
}
