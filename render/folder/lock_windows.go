package folder

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lock is a file that nobody else can open while we have it open. The system removes it with the handle, also from a
// process that dies.
type lock struct{ file windows.Handle }

func takeLock(root *os.Root) (*lock, error) {
	name, err := windows.UTF16PtrFromString(filepath.Join(root.Name(), ".gpufleet-lock"))
	if err != nil {
		return nil, err
	}
	file, err := windows.CreateFile(name, windows.GENERIC_WRITE, 0, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_FLAG_DELETE_ON_CLOSE|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return &lock{file}, nil
}

// release gives the lock back and then runs last: the lock's own file has to be gone before the folder can be empty,
// and no folder that another run has open can be removed.
func (l *lock) release(last func() error) error {
	return errors.Join(windows.CloseHandle(l.file), last())
}
