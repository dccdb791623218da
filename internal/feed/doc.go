// Package feed delivers values to readers that may be slow, in order and without holding anybody up.
package feed
