package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// A stage is ours if it contains a file of this name with this first line. Any other folder is the user's, whatever its
// name.
const (
	markerName = ".gpufleet-stage"
	markerLine = "Temporary files of a run of gpufleet. The next run removes this folder.\n"
)

// markerSuffix follows the name of a stage. While the stage is made or removed, its marker has this name beside it. So
// a run that is killed in between leaves a file that says whose the empty folder is.
const markerSuffix = ".stage"

var stageName = regexp.MustCompile(`^` + regexp.QuoteMeta(stagePrefix) + `[0-9]+$`)

// makeStage makes an empty stage and returns its name. If it fails, it leaves nothing.
func (f *Folder) makeStage() (string, error) {
	dir := stagePrefix + strconv.Itoa(os.Getpid())
	for { // the name may be taken by a folder of the user's
		_, err := f.disk.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return "", f.cannot("access", dir, err)
		}
		dir += "0"
	}
	marker := dir + markerSuffix
	w, err := f.disk.Create(marker, f.filePerm())
	if err != nil {
		return "", f.cannot("create", dir, err)
	}
	_, err = io.WriteString(w, markerLine)
	if err = errors.Join(err, w.Close()); err == nil {
		err = f.disk.Mkdir(dir, 0o700)
	}
	if err == nil {
		if err = f.disk.Rename(marker, dir+"/"+markerName); err != nil {
			err = errors.Join(err, f.disk.Remove(dir))
		}
	}
	if err != nil {
		return "", errors.Join(f.cannot("create", dir, err), f.disk.Remove(marker))
	}
	return dir, nil
}

// removeStage removes a stage. The marker is removed last, so that the next run finishes what a killed one began.
func (f *Folder) removeStage(dir string) error {
	entries, err := f.disk.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != markerName {
			if err := f.disk.RemoveAll(dir + "/" + entry.Name()); err != nil {
				return err
			}
		}
	}
	marker := dir + markerSuffix
	if err := f.disk.Rename(dir+"/"+markerName, marker); err != nil {
		return err
	}
	if err := f.disk.Remove(dir); err != nil {
		return err
	}
	return f.disk.Remove(marker)
}

// removeLeftovers removes the stages of killed runs, and those that were only half made or removed.
func (f *Folder) removeLeftovers() error {
	entries, err := f.disk.ReadDir(".")
	if err != nil {
		return f.cannot("read", ".", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		dir, isMarker := strings.CutSuffix(name, markerSuffix)
		var err error
		switch {
		case !stageName.MatchString(dir):
		case isMarker && entry.Type().IsRegular():
			if text, readErr := f.start(name); readErr == nil && strings.HasPrefix(markerLine, text) {
				err = f.removeHalf(dir)
			}
		case !isMarker && entry.IsDir():
			if text, readErr := f.start(dir + "/" + markerName); readErr == nil && text == markerLine {
				err = f.removeStage(dir)
			}
		}
		if err != nil {
			return f.cannot("remove the leftover", name, err)
		}
	}
	return nil
}

// removeHalf removes a stage whose marker is beside it. The folder is empty, or it is not ours.
func (f *Folder) removeHalf(dir string) error {
	err := f.disk.Remove(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return f.disk.Remove(dir + markerSuffix)
}

// start returns the start of a file, as many bytes as markerLine has.
func (f *Folder) start(path string) (string, error) {
	r, err := f.disk.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, int64(len(markerLine))))
	return string(text), err
}
