//go:build !linux

package markdown

import "time"

var started = time.Now()

// threadTime returns the time since the tests began: the time of a thread is not known here.
func threadTime() time.Duration { return time.Since(started) }
