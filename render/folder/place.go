package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"gpufleet/fetch/manifest"
)

// Place prepares the stage and commits it.
func (s *Stage) Place(m manifest.Manifest) (warnings []string, err error) {
	p, err := s.Prepare(m)
	if err != nil {
		return nil, err
	}
	return p.Warnings(), Commit(p)
}

// Prepared is a stage that needs nothing but moving.
type Prepared struct {
	stage *Stage
	plan  *plan
	done  bool // nothing has to be moved
	// The manifest of both runs, in two copies, and that of this one, in the stage.
	during, again, after string

	manifest, files journal // what was done
}

// Warnings name the files that were there before us and are replaced, and those of the last run that stay because
// someone changed them.
func (p *Prepared) Warnings() []string { return p.plan.warnings }

// Prepare decides what Commit has to do so that the folder holds the staged files, and not what the last run wrote
// and this one did not, and the manifest; m brings its Source and Audience. A file that has these bytes already is
// not touched, and where nothing changed at all neither is the manifest.
//
// A file that was not written, since the same one was in place, and that was changed meanwhile is an error.
//
// It changes nothing. A context that is done is an error here; Commit does not look at it, so that placing always
// comes to an end.
func (s *Stage) Prepare(m manifest.Manifest) (*Prepared, error) {
	if err := context.Cause(s.ctx); err != nil {
		return nil, err
	}
	files, err := s.all()
	if err != nil {
		return nil, err
	}
	p := &Prepared{stage: s, manifest: journal{folder: s.folder}, files: journal{folder: s.folder}}
	if p.plan, err = s.plan(files); err != nil {
		return nil, err
	}
	m.Schema, m.Files = manifest.Schema, nil
	for _, file := range files {
		m.Files = append(m.Files, file.File)
	}
	if p.done, err = s.isPlaced(p.plan, m); p.done || err != nil {
		return p, err
	}
	union := m
	if s.folder.manifest != nil {
		union.Files = manifest.Sorted(slices.Concat(m.Files, s.folder.manifest.Files))
	}
	// The manifests are written before anything moves, since writing is what a full disk refuses.
	if p.during, err = s.storeManifest(union); err != nil {
		return nil, err
	}
	if p.again, err = s.keep(p.during, s.folder.filePerm()); err != nil {
		return nil, s.folder.cannot("write", manifest.Path, err)
	}
	p.after, err = s.storeManifest(m)
	return p, err
}

// Commit moves the files of all prepared stages into their folders, in this order. An error means that each folder is
// as it was before, or it names what could not be put back.
func Commit(prepared ...*Prepared) error {
	for i, p := range prepared {
		if err := p.move(); err != nil {
			for _, placed := range slices.Backward(prepared[:i]) {
				err = errors.Join(err, placed.undo())
			}
			return err
		}
	}
	return nil
}

// isPlaced tells whether the folder has nothing left to change.
func (s *Stage) isPlaced(p *plan, m manifest.Manifest) (bool, error) {
	info, err := s.folder.lstat(manifest.Path)
	if err != nil || info == nil || !p.empty() {
		return false, err
	}
	if !s.folder.mayStay(info) {
		return false, nil
	}
	data, err := m.Encode()
	if err != nil {
		return false, err
	}
	return s.folder.holds(info, manifest.FileOf(manifest.Path, data))
}

func (s *Stage) storeManifest(m manifest.Manifest) (stored string, err error) {
	data, err := m.Encode()
	if err == nil {
		stored, err = s.store(bytes.NewReader(data), s.folder.filePerm())
	}
	if err != nil {
		return "", s.folder.cannot("write", manifest.Path, err)
	}
	return stored, nil
}

// move carries the plan out between the two manifests, or leaves the folder as it was.
//
// The manifest of both runs goes first and, on the way back, last: wherever this stops, the next run recognises every
// file. So it also stays where something else could not be put back.
func (p *Prepared) move() error {
	if p.done {
		return nil
	}
	s := p.stage
	if err := s.replace(&p.manifest, p.during, manifest.Path); err != nil {
		return err
	}
	err := s.moveFiles(&p.files, p.plan)
	if err == nil {
		if err = s.folder.disk.Rename(p.after, manifest.Path); err == nil {
			p.files.did(manifest.Path, func() error { return s.folder.disk.Rename(p.again, manifest.Path) })
			return nil
		}
		err = s.folder.cannot("write", manifest.Path, err)
	}
	return errors.Join(err, p.undo())
}

// undo takes back what move did.
func (p *Prepared) undo() error {
	lost := p.files.undo()
	if lost == nil {
		lost = p.manifest.undo()
	}
	if lost != nil {
		folder := p.stage.folder
		folder.keepStage = true
		lost = fmt.Errorf("%w\nthe old files that are missing are in %s until the next run",
			lost, folder.shown(p.stage.dir))
	}
	return lost
}

func (s *Stage) moveFiles(j *journal, p *plan) error {
	disk := s.folder.disk
	for _, dir := range p.mkdirs {
		if err := disk.Mkdir(dir, s.folder.dirPerm()); err != nil {
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
