package folder

import (
	"errors"
	"io/fs"
	"path"
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

// openFolders opens the folders of a file to those who may read the staged file, but not the one that it replaces. An
// earlier run with a narrower umask has closed all of them. Folders around open files are closed on purpose.
func (s *Stage) openFolders(j *journal, stored, name string, old fs.FileInfo) error {
	disk := s.folder.disk
	staged, err := disk.Lstat(stored)
	if err != nil {
		return err
	}
	const otherReaders = 0o044
	readers := staged.Mode().Perm() &^ old.Mode().Perm() & otherReaders
	for dir := name; readers != 0 && dir != "."; {
		dir = path.Dir(dir)
		info, err := disk.Lstat(dir)
		if err != nil {
			return err
		}
		before := info.Mode().Perm()
		perm := before | readers | readers>>2 // to list it, and to enter it
		if perm == before || !info.IsDir() {
			continue
		}
		if err := disk.Chmod(dir, perm); errors.Is(err, fs.ErrPermission) {
			continue // it belongs to another user
		} else if err != nil {
			return err
		}
		j.add(dir, func() error { return disk.Chmod(dir, before) })
	}
	return nil
}
