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

// Place calls Prepare and Commit.
func (s *Stage) Place(m manifest.Manifest) (warnings []string, err error) {
	p, err := s.Prepare(m)
	if err != nil {
		return nil, err
	}
	return p.Warnings(), Commit(p)
}

// Prepared is a stage that is ready for Commit.
type Prepared struct {
	stage    *Stage
	plan     *plan
	upToDate bool // nothing has to change

	// Paths in the stage. The union manifest lists the files of the previous run and of this one. It has a copy for undo.
	unionManifest, unionCopy, finalManifest string

	manifestJournal, filesJournal journal
}

// Warnings returns warnings about unknown files that are replaced, and about changed files of the previous run that
// are kept.
func (p *Prepared) Warnings() []string { return p.plan.warnings }

// Prepare plans what Commit has to do: move the staged files into place, remove files that only the previous run
// wrote, and write the manifest, with the Source and Audience of m. A file whose content is the same is not touched.
// If no file changes, the manifest isn't touched either. An archive has no manifest, and m is ignored.
//
// Prepare fails if an unchanged file was changed after it was compared, or if the context is done. It changes nothing
// in the folder. Commit ignores the context, so that it is never interrupted.
func (s *Stage) Prepare(m manifest.Manifest) (*Prepared, error) {
	if err := context.Cause(s.ctx); err != nil {
		return nil, err
	}
	files, err := s.all()
	if err != nil {
		return nil, err
	}
	p := &Prepared{stage: s, manifestJournal: journal{folder: s.folder},
		filesJournal: journal{folder: s.folder}}
	if p.plan, err = s.plan(files); err != nil {
		return nil, err
	}
	if s.folder.adds {
		p.upToDate = p.plan.empty()
		return p, nil
	}
	m.Schema, m.Files = manifest.Schema, nil
	for _, file := range files {
		m.Files = append(m.Files, file.File)
	}
	if p.upToDate, err = s.isUpToDate(p.plan, m); p.upToDate || err != nil {
		return p, err
	}
	union := m
	if before := s.folder.ours(); len(before) > 0 {
		union.Files = manifest.Sorted(slices.Concat(m.Files, before))
	}
	// The manifests are written before any file is moved, because writing fails on a full disk.
	if p.unionManifest, err = s.stageManifest(union); err != nil {
		return nil, err
	}
	if p.unionCopy, err = s.backUp(p.unionManifest, s.folder.filePerm()); err != nil {
		return nil, s.folder.cannot("write", manifest.Path, err)
	}
	p.finalManifest, err = s.stageManifest(m)
	return p, err
}

// Commit carries out the plans of all prepared stages, in this order. After an error every folder is unchanged, except
// for files that the error names as not restored.
//
// A folder that was moved or replaced since it was opened is an error: its path would not show the report.
func Commit(prepared ...*Prepared) error {
	for _, p := range prepared {
		if f := p.stage.folder; !f.isAtPath() {
			return fmt.Errorf("%s is no longer the folder that this run opened; nothing was placed; run again", f.path)
		}
	}
	for i, p := range prepared {
		if err := p.apply(); err != nil {
			for _, applied := range slices.Backward(prepared[:i]) {
				err = errors.Join(err, applied.undo())
			}
			return err
		}
	}
	return nil
}

// isUpToDate reports whether the folder needs no change.
func (s *Stage) isUpToDate(p *plan, m manifest.Manifest) (bool, error) {
	info, err := s.folder.lstat(manifest.Path)
	if err != nil || info == nil || !p.empty() {
		return false, err
	}
	if !s.folder.isPrivateEnough(info) {
		return false, nil
	}
	data, err := m.Encode()
	if err != nil {
		return false, s.folder.cannot("write", manifest.Path, err)
	}
	return s.folder.hasContent(info, manifest.FileOf(manifest.Path, data))
}

func (s *Stage) stageManifest(m manifest.Manifest) (stored string, err error) {
	data, err := m.Encode()
	if err == nil {
		stored, err = s.store(bytes.NewReader(data), s.folder.filePerm())
	}
	if err != nil {
		return "", s.folder.cannot("write", manifest.Path, err)
	}
	return stored, nil
}

// apply carries out the plan, or leaves the folder unchanged.
//
// It writes the union manifest first, and undo restores the previous manifest last. So if apply is interrupted, the
// next run knows every file. For the same reason the union manifest stays if a file can't be restored.
func (p *Prepared) apply() error {
	if p.upToDate {
		return nil
	}
	s := p.stage
	if s.folder.adds {
		if err := s.applyToFiles(&p.filesJournal, p.plan); err != nil {
			return errors.Join(err, p.undo())
		}
		return nil
	}
	if err := s.replace(&p.manifestJournal, p.unionManifest, manifest.Path); err != nil {
		return err
	}
	err := s.applyToFiles(&p.filesJournal, p.plan)
	if err == nil {
		if err = p.replaceUnion(); err == nil {
			p.filesJournal.add(manifest.Path, func() error { return s.folder.disk.Rename(p.unionCopy, manifest.Path) })
			return nil
		}
		err = s.folder.cannot("write", manifest.Path, err)
	}
	return errors.Join(err, p.undo())
}

// replaceUnion replaces the union manifest by the final one.
func (p *Prepared) replaceUnion() error {
	disk := p.stage.folder.disk
	union, err := disk.Lstat(manifest.Path)
	if err == nil {
		err = p.stage.keepGroup(p.finalManifest, union)
	}
	if err != nil {
		return err
	}
	return disk.Rename(p.finalManifest, manifest.Path)
}

// undo undoes apply.
func (p *Prepared) undo() error {
	err := p.filesJournal.undo()
	if err == nil {
		err = p.manifestJournal.undo()
	}
	if err != nil {
		folder := p.stage.folder
		folder.keepStage = true
		err = fmt.Errorf("%w\nthe previous versions are in %s until the next run", err, folder.display(p.stage.dir))
	}
	return err
}

func (s *Stage) applyToFiles(j *journal, p *plan) error {
	disk := s.folder.disk
	for _, dir := range p.mkdirs {
		if err := disk.Mkdir(dir, s.folder.dirPerm()); err != nil {
			return s.folder.cannot("create", dir, err)
		}
		j.add(dir, func() error { return disk.Remove(dir) })
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

// replace moves a staged file to path. It first backs up an existing file instead of moving it away, so that path is
// never missing.
func (s *Stage) replace(j *journal, stored, path string) error {
	info, err := s.folder.lstat(path)
	if err != nil {
		return err
	}
	undo := func() error { return s.folder.disk.Remove(path) }
	if info != nil {
		backup, err := s.backUp(path, info.Mode().Perm())
		if err != nil {
			return s.folder.cannot("back up", path, err)
		}
		undo = func() error { return s.folder.disk.Rename(backup, path) }
		if err := s.keepGroup(stored, info); err != nil {
			return s.folder.cannot("write", path, err)
		}
		if err := s.openFolders(j, stored, path, info); err != nil {
			return s.folder.cannot("write", path, err)
		}
	}
	if err := s.folder.disk.Rename(stored, path); err != nil {
		return s.folder.cannot("write", path, err)
	}
	j.add(path, undo)
	return nil
}

// backUp makes a hard link in the stage to the file at path, or a copy if the file system has no hard links. It
// returns the path in the stage.
func (s *Stage) backUp(path string, perm fs.FileMode) (string, error) {
	backup := s.newPath()
	if s.folder.disk.Link(path, backup) == nil {
		return backup, nil
	}
	r, err := s.folder.disk.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	return s.store(r, perm)
}

// remove moves a file into the stage, which is removed when the run ends.
func (s *Stage) remove(j *journal, path string) error {
	backup := s.newPath()
	if err := s.folder.disk.Rename(path, backup); err != nil {
		return s.folder.cannot("remove", path, err)
	}
	j.add(path, func() error { return s.folder.disk.Rename(backup, path) })
	return nil
}

func (s *Stage) removeDir(j *journal, dir string) error {
	info, err := s.folder.lstat(dir)
	if err != nil || info == nil {
		return err
	}
	err = s.folder.disk.Remove(dir)
	if errors.Is(err, fs.ErrExist) {
		return nil // it has a new file since it was planned, so it stays
	}
	if err != nil {
		return s.folder.cannot("remove", dir, err)
	}
	j.add(dir, func() error { return s.folder.disk.Mkdir(dir, info.Mode().Perm()) })
	return nil
}
