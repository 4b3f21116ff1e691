//go:build unix

package folder

import (
	"io/fs"
	"syscall"
)

// groupOf returns the group of a file.
func groupOf(info fs.FileInfo) (group int, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return int(stat.Gid), true
}
