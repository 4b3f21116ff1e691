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

// plan is what Place will do, in this order. To make one changes nothing.
//
// Files come by path, but new ones before changed ones and index.html after both, and it is the first to be removed:
// so a page of the folder never leads to one that is still to come or already gone.
type plan struct {
	mkdirs   []string // outer before inner
	files    []*staged
	removed  []string
	rmdirs   []string // inner before outer
	warnings []string
}

const indexName = "index.html"

func (p *plan) empty() bool { return len(p.mkdirs)+len(p.files)+len(p.removed)+len(p.rmdirs) == 0 }

// plan compares the staged files, which come by path, and the last manifest with what is in the folder.
func (s *Stage) plan(files []*staged) (*plan, error) {
	p := &plan{}
	needed := map[string]bool{} // the folders that the files are in
	listed := s.folder.manifest.ByPath()
	for _, file := range files {
		if err := s.folder.planFile(p, file, needed, listed[file.Path] != nil); err != nil {
			return nil, err
		}
		delete(listed, file.Path)
	}
	slices.SortStableFunc(p.files, func(a, b *staged) int { return cmp.Compare(a.turn(), b.turn()) })
	if err := s.folder.planManifest(p); err != nil {
		return nil, err
	}
	if err := s.folder.planRemovals(p, listed, needed); err != nil {
		return nil, err
	}
	return p, nil
}

// turn is when the file is placed: in the first round, the second, or the third.
func (s *staged) turn() int {
	switch {
	case s.Path == indexName:
		return 3
	case s.replaces:
		return 2
	}
	return 1
}

// planFile decides what is done with one staged file, and adds its folders to those that are needed.
func (f *Folder) planFile(p *plan, file *staged, needed map[string]bool, listed bool) error {
	for _, dir := range parents(file.Path) {
		if needed[dir] {
			continue
		}
		needed[dir] = true
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
	case file.inPlace != nil:
		return f.planToKeep(file, at, info)
	case info == nil:
		p.files = append(p.files, file)
		return nil
	case at != file.Path || !info.Mode().IsRegular():
		return f.inTheWay(at, info)
	}
	if !listed {
		if f.manifest != nil {
			return fmt.Errorf("%s is not from gpufleet, which has a file of this name to write: "+
				"move yours away, or name another folder", f.shown(file.Path))
		}
		p.warn(f, file.Path)
	}
	file.replaces = true
	p.files = append(p.files, file)
	return nil
}

// planToKeep checks that a file which was not written, since the same one was in place, is still there and the same.
func (f *Folder) planToKeep(file *staged, at string, info fs.FileInfo) error {
	if at != file.Path || info == nil || !info.Mode().IsRegular() {
		return f.cannot("keep", file.Path, errChanged)
	}
	before := file.inPlace
	if os.SameFile(before, info) && before.Size() == info.Size() &&
		before.ModTime().Equal(info.ModTime()) && before.Mode() == info.Mode() {
		return nil // nobody has touched it since it was compared, so it need not be read again
	}
	same, err := f.holds(info, file.File)
	if err == nil && (!same || !f.mayStay(info)) {
		err = f.cannot("keep", file.Path, errChanged)
	}
	return err
}

// planManifest looks at the place of the manifest itself.
func (f *Folder) planManifest(p *plan) error {
	at, info, err := f.find(manifest.Path)
	if err != nil || info == nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return f.inTheWay(at, info)
	}
	if f.manifest == nil {
		p.warn(f, manifest.Path)
	}
	return nil
}

func (p *plan) warn(f *Folder, path string) {
	p.warnings = append(p.warnings, fmt.Sprintf("%s was there and not known to be from gpufleet: replaced", f.shown(path)))
}

// planRemovals decides what is done with the files that only the last manifest lists, and with their folders.
func (f *Folder) planRemovals(p *plan, listed map[string][]manifest.File, needed map[string]bool) error {
	dirs := map[string]bool{} // also those of files that are gone already: a killed run may have come no further
	for _, path := range slices.Sorted(maps.Keys(listed)) {
		for _, dir := range parents(path) {
			if !needed[dir] {
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
			if ours, err = f.holds(info, listed[path]...); err != nil {
				return err
			}
		}
		if !ours {
			p.warnings = append(p.warnings,
				fmt.Sprintf("%s was changed since gpufleet wrote it, so it stays: remove it if nobody needs it", f.shown(path)))
			continue
		}
		p.removed = append(p.removed, path)
	}
	if i := slices.Index(p.removed, indexName); i > 0 {
		p.removed = slices.Concat([]string{indexName}, p.removed[:i], p.removed[i+1:])
	}
	return f.planRmdirs(p, dirs)
}

// planRmdirs decides which of the folders go: those that the removed files leave empty.
func (f *Folder) planRmdirs(p *plan, dirs map[string]bool) error {
	leaves := map[string]bool{}
	for _, path := range p.removed {
		leaves[path] = true
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
		if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !leaves[dir+"/"+e.Name()] }) {
			p.rmdirs = append(p.rmdirs, dir)
			leaves[dir] = true
		}
	}
	return nil
}
