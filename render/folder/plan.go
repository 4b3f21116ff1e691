package folder

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"gpufleet/fetch/manifest"
)

// plan lists the changes that Commit makes, in this order.
//
// New files come before changed ones, index.html comes last, and it is the first file to be removed. Otherwise files
// are in the order of their paths. So no page ever links to a file that doesn't exist yet or any more.
type plan struct {
	mkdirs   []string // outer before inner
	files    []*stagedFile
	removed  []string // files
	rmdirs   []string // inner before outer
	warnings []string
}

const indexName = "index.html"

func (p *plan) empty() bool { return len(p.mkdirs)+len(p.files)+len(p.removed)+len(p.rmdirs) == 0 }

// plan compares the staged files and the previous manifest with the folder. The files must be in the order of their
// paths. It changes nothing.
func (s *Stage) plan(files []*stagedFile) (*plan, error) {
	p := &plan{}
	neededDirs := map[string]bool{} // the parents of the files
	listed := (&manifest.Manifest{Files: s.folder.ours()}).ByPath()
	for _, file := range files {
		if err := s.folder.planFile(p, file, neededDirs, listed[file.Path] != nil); err != nil {
			return nil, err
		}
		delete(listed, file.Path)
	}
	if s.folder.adds {
		slices.SortFunc(p.files, func(a, b *stagedFile) int { return cmp.Compare(a.number, b.number) })
		return p, nil
	}
	slices.SortStableFunc(p.files, func(a, b *stagedFile) int { return cmp.Compare(a.round(), b.round()) })
	if err := s.folder.planManifest(p); err != nil {
		return nil, err
	}
	if err := s.folder.planRemovals(p, listed, neededDirs); err != nil {
		return nil, err
	}
	return p, nil
}

// round returns when the file is placed: first, second or third.
func (s *stagedFile) round() int {
	switch {
	case s.Path == indexName:
		return 3
	case s.replaces:
		return 2
	}
	return 1
}

// planFile plans one staged file, and adds its parents to neededDirs.
func (f *Folder) planFile(p *plan, file *stagedFile, neededDirs map[string]bool, listed bool) error {
	for _, dir := range parents(file.Path) {
		if neededDirs[dir] {
			continue
		}
		neededDirs[dir] = true
		_, info, err := f.find(dir)
		if err != nil {
			return err
		}
		if info == nil {
			p.mkdirs = append(p.mkdirs, dir)
		}
	}
	at, info, err := f.find(file.Path)
	switch {
	case err != nil:
		return err
	case file.unchanged != nil:
		return f.checkUnchanged(file, at, info)
	case info == nil:
		p.files = append(p.files, file)
		return nil
	case at != file.Path || !info.Mode().IsRegular():
		return f.blockedError(at, info)
	}
	if !listed && !f.adds {
		if f.manifest != nil {
			return fmt.Errorf("gpufleet must write %s, but a file that it didn't create has that name; "+
				"move it or choose another folder", f.display(file.Path))
		}
		p.warnReplaced(f, file.Path)
	}
	file.replaces = true
	p.files = append(p.files, file)
	return nil
}

// checkUnchanged checks that a file which was found unchanged is still there, with the same content.
func (f *Folder) checkUnchanged(file *stagedFile, at string, info fs.FileInfo) error {
	if at != file.Path || info == nil || !info.Mode().IsRegular() {
		return f.cannot("keep", file.Path, errChanged)
	}
	before := file.unchanged
	if os.SameFile(before, info) && before.Size() == info.Size() &&
		before.ModTime().Equal(info.ModTime()) && before.Mode() == info.Mode() {
		return nil // not touched since it was compared, so it needn't be read again
	}
	same, err := f.hasContent(info, file.File)
	if err == nil && (!same || !f.isPrivateEnough(info)) {
		err = f.cannot("keep", file.Path, errChanged)
	}
	return err
}

// planManifest checks that the manifest can be written.
func (f *Folder) planManifest(p *plan) error {
	at, info, err := f.find(manifest.Path)
	if err != nil || info == nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return f.blockedError(at, info)
	}
	if f.manifest == nil {
		p.warnReplaced(f, manifest.Path)
	}
	return nil
}

// warnReplaced warns about a file that is replaced although no manifest lists it.
func (p *plan) warnReplaced(f *Folder, path string) {
	p.warnings = append(p.warnings, fmt.Sprintf("replaced %s, which may not be from gpufleet", f.display(path)))
}

// planRemovals plans the removal of files that only the previous manifest lists, and of their folders.
func (f *Folder) planRemovals(p *plan, listed map[string][]manifest.File, neededDirs map[string]bool) error {
	dirs := map[string]bool{} // also those of missing files, because a killed run may have removed only the files
	for _, path := range slices.Sorted(maps.Keys(listed)) {
		for _, dir := range parents(path) {
			if !neededDirs[dir] {
				dirs[dir] = true
			}
		}
		at, info, err := f.find(path)
		if err != nil {
			return err
		}
		if info == nil {
			continue
		}
		ours := false
		if at == path && info.Mode().IsRegular() {
			if ours, err = f.hasContent(info, listed[path]...); err != nil {
				return err
			}
		}
		if !ours {
			p.warnings = append(p.warnings,
				fmt.Sprintf("kept %s, which was changed after gpufleet wrote it; remove it if you don't need it", f.display(path)))
			continue
		}
		p.removed = append(p.removed, path)
	}
	if i := slices.Index(p.removed, indexName); i > 0 {
		p.removed = slices.Concat([]string{indexName}, p.removed[:i], p.removed[i+1:])
	}
	return f.planEmptyDirs(p, dirs)
}

// planEmptyDirs plans the removal of folders that are empty without the removed files.
func (f *Folder) planEmptyDirs(p *plan, dirs map[string]bool) error {
	gone := map[string]bool{} // paths that are removed
	for _, path := range p.removed {
		gone[path] = true
	}
	for _, dir := range slices.Backward(slices.Sorted(maps.Keys(dirs))) {
		at, info, err := f.find(dir)
		if err != nil {
			return err
		}
		if info == nil || at != dir || !info.IsDir() {
			continue
		}
		entries, err := f.disk.ReadDir(dir)
		if err != nil {
			return f.cannot("read", dir, err)
		}
		if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !gone[dir+"/"+e.Name()] }) {
			p.rmdirs = append(p.rmdirs, dir)
			gone[dir] = true
		}
	}
	return nil
}
