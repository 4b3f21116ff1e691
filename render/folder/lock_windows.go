package folder

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lock is a file that no other process can open. The system removes it when the handle is closed or the process dies.
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

// release unlocks the folder and then calls cleanUp, which can only remove the folder if the lock's file is gone.
// Windows doesn't remove a folder that another run has open.
func (l *lock) release(cleanUp func() error) error {
	return errors.Join(windows.CloseHandle(l.file), cleanUp())
}
