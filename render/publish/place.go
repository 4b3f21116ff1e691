package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Place puts the staged files into the folder, removes what the last run wrote and this one did not, and writes the manifest;
// m brings its Source and Audience. A file that has these bytes already is not touched, and where nothing changed at all neither
// is the manifest.
//
// Warnings name the files that were there before us and were replaced, and those of the last run that stay because someone
// changed them. An error means that the folder is as it was before, or it names what could not be put back. A context that is
// done when Place begins is such an error; from then on it is not looked at, so that placing always comes to an end.
func (s *Stage) Place(m Manifest) (warnings []string, err error) {
	if err := context.Cause(s.ctx); err != nil {
		return nil, err
	}
	files, err := s.all()
	if err != nil {
		return nil, err
	}
	p, err := s.plan(files)
	if err != nil {
		return nil, err
	}
	m.Schema, m.Files = schema, nil
	for _, file := range files {
		m.Files = append(m.Files, file.File)
	}
	if done, err := s.isPlaced(p, m); err != nil {
		return nil, err
	} else if done {
		return p.warnings, nil
	}
	union := m
	if s.folder.manifest != nil {
		union.Files = sorted(slices.Concat(m.Files, s.folder.manifest.Files))
	}
	// Both manifests are written before anything moves, since writing is what a full disk refuses.
	during, err := s.storeManifest(union)
	if err != nil {
		return nil, err
	}
	after, err := s.storeManifest(m)
	if err != nil {
		return nil, err
	}
	if err := s.move(p, during, after); err != nil {
		return nil, err
	}
	return p.warnings, nil
}

// isPlaced tells whether the folder has nothing left to change.
func (s *Stage) isPlaced(p *plan, m Manifest) (bool, error) {
	info, err := s.folder.lstat(manifestName)
	if err != nil || info == nil || !p.empty() {
		return false, err
	}
	data, err := m.encode()
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(data)
	return s.folder.holds(info, File{Path: manifestName, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
}

func (s *Stage) storeManifest(m Manifest) (stored string, err error) {
	data, err := m.encode()
	if err == nil {
		stored, err = s.store(bytes.NewReader(data), 0o644)
	}
	if err != nil {
		return "", s.folder.cannot("write", manifestName, err)
	}
	return stored, nil
}

// move carries the plan out between the two manifests, or leaves the folder as it was.
//
// The manifest of both runs goes first and, on the way back, last: wherever this stops, the next run recognises every file. So
// it also stays where something else could not be put back.
func (s *Stage) move(p *plan, during, after string) error {
	manifest := journal{folder: s.folder}
	if err := s.replace(&manifest, during, manifestName); err != nil {
		return err
	}
	files := journal{folder: s.folder}
	err := s.moveFiles(&files, p)
	if err == nil {
		if err = s.folder.disk.Rename(after, manifestName); err == nil {
			return nil
		}
		err = s.folder.cannot("write", manifestName, err)
	}
	lost := files.undo()
	if lost == nil {
		lost = manifest.undo()
	}
	if lost != nil {
		s.folder.keepStage = true
		lost = fmt.Errorf("%w\nthe old files that are missing are in %s until the next run", lost, s.folder.shown(s.dir))
	}
	return errors.Join(err, lost)
}

func (s *Stage) moveFiles(j *journal, p *plan) error {
	disk := s.folder.disk
	for _, dir := range p.mkdirs {
		if err := disk.Mkdir(dir, 0o755); err != nil {
			return s.folder.cannot("make", dir, err)
		}
		j.did(dir, func() error { return disk.Remove(dir) })
	}
	for _, file := range p.files {
		if err := s.replace(j, file.stored, file.Path); err != nil {
			return err
		}
	}
	for _, path := range p.removed {
		if err := s.remove(j, path); err != nil {
			return err
		}
	}
	for _, dir := range p.rmdirs {
		if err := s.removeDir(j, dir); err != nil {
			return err
		}
	}
	return nil
}

// replace places a file where one may be, which is kept first: so there is never a moment without the file.
func (s *Stage) replace(j *journal, stored, path string) error {
	info, err := s.folder.lstat(path)
	if err != nil {
		return err
	}
	back := func() error { return s.folder.disk.Remove(path) }
	if info != nil {
		kept, err := s.keep(path, info.Mode().Perm())
		if err != nil {
			return s.folder.cannot("keep the old", path, err)
		}
		back = func() error { return s.folder.disk.Rename(kept, path) }
	}
	if err := s.folder.disk.Rename(stored, path); err != nil {
		return s.folder.cannot("write", path, err)
	}
	j.did(path, back)
	return nil
}

// keep makes a second name in the stage for the file at path, or a copy where the file system has no second names.
func (s *Stage) keep(path string, perm fs.FileMode) (string, error) {
	name := s.name()
	if s.folder.disk.Link(path, name) == nil {
		return name, nil
	}
	r, err := s.folder.disk.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	return s.store(r, perm)
}

// remove takes a file out of the folder and into the stage, which goes when the run ends.
func (s *Stage) remove(j *journal, path string) error {
	kept := s.name()
	if err := s.folder.disk.Rename(path, kept); err != nil {
		return s.folder.cannot("remove", path, err)
	}
	j.did(path, func() error { return s.folder.disk.Rename(kept, path) })
	return nil
}

func (s *Stage) removeDir(j *journal, dir string) error {
	info, err := s.folder.lstat(dir)
	if err != nil || info == nil {
		return err
	}
	err = s.folder.disk.Remove(dir)
	if errors.Is(err, fs.ErrExist) {
		return nil // someone has put a file there since, which is reason enough to leave it
	}
	if err != nil {
		return s.folder.cannot("remove", dir, err)
	}
	j.did(dir, func() error { return s.folder.disk.Mkdir(dir, info.Mode().Perm()) })
	return nil
}
