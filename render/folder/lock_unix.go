//go:build unix

package folder

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock is held on the folder itself, through a descriptor: it leaves no file behind, and the system takes it back
// from a process that dies.
type lock struct{ folder *os.File }

func takeLock(root *os.Root) (*lock, error) {
	folder, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		folder.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, err
	}
	return &lock{folder}, nil
}

// release runs last and gives the lock back: in this order, so that last never removes a folder that another run has
// locked.
func (l *lock) release(last func() error) error {
	return errors.Join(last(), l.folder.Close())
}
