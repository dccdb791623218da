package main

import "slices"

// series has the values of one figure over the rounds.
type series []float64

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func (s series) min() float64 { return slices.Min(s) }
func (s series) max() float64 { return slices.Max(s) }

// costs has the costs of one client at one point over the rounds.
type costs []cost

func (c costs) of(figure func(cost) float64) series {
	s := make(series, len(c))
	for i := range c {
		s[i] = figure(c[i])
	}
	return s
}

func perSecond(c cost) float64  { return c.perSecond }
func cpu(c cost) float64        { return c.cpu }
func serverCPU(c cost) float64  { return c.server }
func bothCPU(c cost) float64    { return c.cpu + c.server }
func wall(c cost) float64       { return c.wall }
func bytesOf(c cost) float64    { return c.bytes }
func allocs(c cost) float64     { return c.allocs }
func syscalls(c cost) float64   { return c.syscalls }
func goroutines(c cost) float64 { return c.goroutines }
