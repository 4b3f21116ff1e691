package folder

import (
	"errors"
	"io/fs"
)

// keepGroup gives a staged file the group of the file that it will replace, and its permissions for the group if they
// are wider: so whoever could read the old file or change it, such as a web server, can do so with the new one. Where
// the user may not choose that group, the staged file stays as it is.
func (s *Stage) keepGroup(stored string, old fs.FileInfo) error {
	if s.folder.private || !old.Mode().IsRegular() {
		return nil
	}
	disk := s.folder.disk
	staged, err := disk.Lstat(stored)
	if err != nil {
		return err
	}
	if group, known := groupOf(old); known {
		if current, _ := groupOf(staged); current != group {
			if err := disk.Chgrp(stored, group); errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
	const groupBits = 0o070
	perm := staged.Mode().Perm() | old.Mode().Perm()&groupBits
	if perm == staged.Mode().Perm() {
		return nil
	}
	return disk.Chmod(stored, perm)
}
