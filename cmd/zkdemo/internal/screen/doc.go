// Package screen knows what a person's terminal can show: whether a stream is a terminal at all, how wide it is, whether
// colours are wanted, and how sizes, times and names from elsewhere are written so that they are safe to print.
package screen
