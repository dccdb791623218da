// Package screen formats output for people. It tells whether a stream is a terminal, how wide that is and whether colours are
// wanted, and formats sizes, times, and names from elsewhere so that they are safe to print.
package screen
