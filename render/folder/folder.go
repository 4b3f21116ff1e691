// Package folder puts the files of a run into the output folder: all of them, or none.
//
// A run opens the folder (which locks it), writes each file that differs from the one in place into a stage, a folder
// of its own inside, and then places them:
//
//	folder, err := folder.Open("out")
//	defer folder.Close()
//	stage, err := folder.Stage(ctx)
//	w, err := stage.Create("index.html") // write and close; the same for every other file, at once if you like
//	warnings, err := stage.Place(manifest.Manifest{Source: "api", Audience: "public"})
//
// Two folders of one run are prepared and then committed together: all files of both are placed, or none. A private
// folder is for its owner alone.
//
// manifest.json says which files are ours. What it does not list is not ours, and is never touched; symlinks inside
// the folder are never followed. A run that fails changes nothing. One that is killed leaves every file whole, old or
// new, and a manifest from which the next run makes the folder right. Nothing is synced to the disk, so a power loss
// is not covered.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gpufleet/fetch/manifest"
)

// ErrBusy is returned (wrapped) by Open where another run holds the folder.
var ErrBusy = errors.New("another run holds this folder: wait for it to end, then run again")

// stagePrefix and the process id make the name of the folder that a run stages in.
const stagePrefix = ".gpufleet-"

// Folder is an output folder that this run holds until Close. Its methods are for one goroutine.
type Folder struct {
	path     string // as the user gave it
	private  bool   // for its owner alone
	made     []string
	root     *os.Root
	lock     *lock
	disk     disk
	manifest *manifest.Manifest
	warnings []string

	stageDir  string // "" before Stage
	keepStage bool   // it has files that could not be put back
}

// Open opens and locks the folder at path, making it and its parents where they are missing. Where path is a symlink,
// the folder that it leads to now is meant from here on. The error is ErrBusy where another run holds the folder;
// Open never waits.
func Open(path string) (*Folder, error) { return open(&Folder{path: path}) }

func open(f *Folder) (*Folder, error) {
	path := f.path
	if path == "" {
		return nil, errors.New("no output folder is named: name one")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot find %s: %w", path, err)
	}
	if err := f.hold(abs); err != nil {
		if !errors.Is(err, ErrBusy) { // the one who holds it may be counting on the folders that we made
			err = errors.Join(err, f.removeMade())
		}
		return nil, err
	}
	f.disk = rootDisk{f.root}
	f.readManifest()
	return f, nil
}

// readManifest reads what the last run left; a manifest that cannot be read is a warning, and as good as none.
func (f *Folder) readManifest() {
	r, err := f.disk.Open(manifest.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		f.manifest, err = manifest.Read(r)
		r.Close()
	}
	if err != nil {
		err = f.cannot("read", manifest.Path, err)
		f.warnings = append(f.warnings, fmt.Sprintf("%v, so no file here is known to be from gpufleet", err))
	}
}

// Manifest returns what the last run left, nil where there is none that can be read. Files that were changed since
// are listed as they were written.
func (f *Folder) Manifest() *manifest.Manifest { return f.manifest }

// HasDamagedManifest reports whether the folder has a manifest.json that can't be read.
func (f *Folder) HasDamagedManifest() bool { return f.manifest == nil && len(f.warnings) > 0 }

// Path returns the folder's path as it was given to Open.
func (f *Folder) Path() string { return f.path }

// Warnings returns what Open found odd: a manifest.json that cannot be read. Usually none.
func (f *Folder) Warnings() []string { return f.warnings }

// Stage removes what killed runs left behind and makes the folder to stage this run's files in. It can be called
// once. The context governs everything up to the beginning of Place.
func (f *Folder) Stage(ctx context.Context) (*Stage, error) {
	if f.stageDir != "" {
		return nil, errors.New("the folder has a stage already")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	entries, err := f.disk.ReadDir(".")
	if err != nil {
		return nil, f.cannot("read", ".", err)
	}
	for _, entry := range entries {
		pid, ok := strings.CutPrefix(entry.Name(), stagePrefix)
		if !ok || pid == "" || strings.Trim(pid, "0123456789") != "" || !entry.IsDir() {
			continue
		}
		if err := f.disk.RemoveAll(entry.Name()); err != nil {
			return nil, f.cannot("remove what a killed run left:", entry.Name(), err)
		}
	}
	dir := stagePrefix + strconv.Itoa(os.Getpid())
	if err := f.disk.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is in the way: remove it", f.shown(dir))
	} else if err != nil {
		return nil, f.cannot("make", dir, err)
	}
	f.stageDir = dir
	return &Stage{folder: f, ctx: ctx, dir: dir, files: map[string]*staged{}, folders: map[string]bool{}}, nil
}

// Close removes the stage, removes the folder and its parents again where Open made them and nothing was placed, and
// gives the lock back. An error says what could not be removed; what was placed stays placed. To close twice is no
// error.
func (f *Folder) Close() error {
	if f.lock == nil {
		return nil
	}
	var err error
	if f.stageDir != "" && !f.keepStage {
		if err = f.disk.RemoveAll(f.stageDir); err != nil {
			err = fmt.Errorf("%w: the next run removes it", f.cannot("remove", f.stageDir, err))
		}
	}
	f.root.Close()
	err = errors.Join(err, f.lock.release(f.removeMade))
	f.lock = nil
	return err
}
