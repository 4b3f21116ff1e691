package lock

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// Lock is a file that no process can open which locks the folder in another way. The system removes it when the handle
// is closed or the process dies.
type Lock struct{ file windows.Handle }

// Exclusive locks a folder for writing. It doesn't wait: the error is ErrBusy if any other run has locked the folder.
func Exclusive(root *os.Root) (*Lock, error) { return take(root, windows.GENERIC_WRITE, 0) }

// Shared locks a folder for reading. It doesn't wait: the error is ErrBusy if another run writes the folder.
func Shared(root *os.Root) (*Lock, error) {
	return take(root, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE)
}

func take(root *os.Root, access, share uint32) (*Lock, error) {
	name, err := windows.UTF16PtrFromString(filepath.Join(root.Name(), ".gpufleet-lock"))
	if err != nil {
		return nil, err
	}
	file, err := windows.CreateFile(name, access|windows.DELETE, share, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_FLAG_DELETE_ON_CLOSE|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return &Lock{file}, nil
}

// Release unlocks the folder and then calls cleanUp, which can only remove the folder if the lock's file is gone.
// Windows doesn't remove a folder that another run has open.
func (l *Lock) Release(cleanUp func() error) error {
	return errors.Join(windows.CloseHandle(l.file), cleanUp())
}
