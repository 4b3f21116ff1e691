// Package folder writes the files of a run into the output folder: all of them, or none.
//
// A run opens the folder, which locks it. It writes new and changed files into a stage, a hidden folder inside the
// output folder, and then moves them into place:
//
//	folder, err := folder.Open("out")
//	defer folder.Close()
//	stage, err := folder.Stage(ctx)
//	w, err := stage.Create("index.html") // write and close it; files may be written concurrently
//	warnings, err := stage.Place(manifest.Manifest{Source: "api", Audience: "public"})
//
// A run with several folders prepares them all and then commits them together: the files of all are placed, or none. A
// private folder is for its owner only. An archive has no manifest: a run only adds files to it or replaces some.
//
// The files listed in manifest.json are ours. No other file is touched, unless there is no readable manifest and the
// file has one of our names: it is then replaced, with a warning. Symlinks inside the folder are not followed. A run
// that fails changes nothing. A run that is killed leaves every file whole, old or new, and a manifest that lets the
// next run repair the folder. Nothing is synced to disk, so this doesn't hold for a power failure.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"gpufleet/fetch/lock"
	"gpufleet/fetch/manifest"
)

// ErrBusy is the error of Open, wrapped, if another run has locked the folder.
var ErrBusy = lock.ErrBusy

// stagePrefix is the start of a stage's name. The process ID follows, and zeros if that name is taken.
const stagePrefix = ".gpufleet-"

// Folder is an output folder that is locked until Close. Its methods must not be called concurrently, except
// Close.
type Folder struct {
	path     string   // as the user gave it
	abs      string   // the same, absolute
	private  bool     // for its owner only
	adds     bool     // has no manifest, and keeps every file that a run doesn't write
	created  []string // folders that Open created, outermost first
	root     *os.Root
	lock     *lock.Lock
	disk     disk
	manifest *manifest.Manifest
	adopted  []manifest.File // see Adopt
	warnings []string

	mu        sync.Mutex // for Stage and Close
	stageDir  string     // "" before Stage
	keepStage bool       // it has files that could not be restored
	closed    bool
}

// Open opens and locks the folder at path. It creates the folder and its parents if they don't exist. A symlink is
// resolved once, here, and Commit fails if the path then leads to another folder. If another run has
// locked the folder, Open doesn't wait and returns ErrBusy.
func Open(path string) (*Folder, error) { return open(&Folder{path: path}) }

func open(f *Folder) (*Folder, error) {
	path := f.path
	if path == "" {
		return nil, errors.New("no output folder is given")
	}
	var err error
	if f.abs, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("cannot find %s: %w", path, err)
	}
	if err := f.openAndLock(); err != nil {
		if !errors.Is(err, ErrBusy) { // the other run may be using the folders that this run created
			err = errors.Join(err, f.removeCreated())
		}
		return nil, err
	}
	f.disk = rootDisk{f.root}
	if !f.adds {
		f.readManifest()
	}
	return f, nil
}

// readManifest reads the manifest of the previous run. One that can't be read costs a warning and counts as none.
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
		f.warnings = append(f.warnings, fmt.Sprintf("%v; files with the names that gpufleet writes "+
			"are replaced, and other files are kept", err))
	}
}

// Manifest returns the manifest of the previous run, or nil if there is none that can be read. It may list files that
// were changed or removed since.
func (f *Folder) Manifest() *manifest.Manifest { return f.manifest }

// Adopt counts files as ours that no manifest lists: a history that was found without one. A file that the new report
// doesn't have is then removed.
func (f *Folder) Adopt(files []manifest.File) { f.adopted = append(f.adopted, files...) }

// ours returns the files that are ours: those of the manifest, or those adopted without one.
func (f *Folder) ours() []manifest.File {
	if f.manifest != nil {
		return f.manifest.Files
	}
	return f.adopted
}

// HasDamagedManifest reports whether the folder has a manifest.json that can't be read.
func (f *Folder) HasDamagedManifest() bool { return f.manifest == nil && len(f.warnings) > 0 }

// Has reports whether there may be something at a path inside the folder.
func (f *Folder) Has(path string) bool {
	_, info, err := f.find(path)
	return info != nil || err != nil
}

// Path returns the path that was given to Open.
func (f *Folder) Path() string { return f.path }

// Warnings returns the warnings of Open: none, or that manifest.json can't be read.
func (f *Folder) Warnings() []string { return f.warnings }

// Stage removes the stages of killed runs and creates one for this run. It can be called once. The context is valid
// for everything before Commit.
func (f *Folder) Stage(ctx context.Context) (*Stage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, os.ErrClosed
	case f.stageDir != "":
		return nil, errors.New("the folder already has a stage")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := f.removeLeftovers(); err != nil {
		return nil, err
	}
	dir, err := f.makeStage()
	if err != nil {
		return nil, err
	}
	f.stageDir = dir
	return &Stage{folder: f, ctx: ctx, dir: dir, files: map[string]*stagedFile{}, folders: map[string]bool{}}, nil
}

// Close removes the stage, removes the folders that Open created if they are still empty, and unlocks the folder. An
// error says what could not be removed; it doesn't undo Place. Closing twice is allowed, and so is
// closing a folder while files are written into its stage: writing then fails.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	var err error
	if f.stageDir != "" && !f.keepStage {
		if err = f.removeStage(f.stageDir); err != nil {
			err = fmt.Errorf("%w; the next run removes it", f.cannot("remove", f.stageDir, err))
		}
	}
	cleanUp := f.removeCreated
	if !f.isAtPath() { // what is there now is not ours
		cleanUp = func() error { return nil }
	}
	f.root.Close()
	return errors.Join(err, f.lock.Release(cleanUp))
}
