package e2e

import (
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// readFolder returns the content of every file below a folder by its path, hidden files included. A symbolic link has
// "-> " and its target as its content, a pipe has none. A folder that doesn't exist has no files.
func readFolder(dir string) (map[string]string, error) {
	files := map[string]string{}
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return files, nil
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := readEntry(path, d.Type())
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = text
		return err
	})
	return files, err
}

func readEntry(path string, kind fs.FileMode) (string, error) {
	switch {
	case kind.IsRegular():
		text, err := os.ReadFile(path)
		return string(text), err
	case kind&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return "-> " + to, err
	}
	return "", nil
}

// unpack adds the content of compressed files and archives, as further files below their paths.
func unpack(files map[string]string) error {
	inside := map[string]string{}
	for path, text := range files {
		var parts map[string]string
		var err error
		switch filepath.Ext(path) {
		case ".gz":
			parts, err = gunzip(text)
		case ".xlsx", ".zip":
			parts, err = unzip(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for name, part := range parts {
			inside[path+"/"+name] = part
		}
	}
	maps.Copy(files, inside)
	return nil
}

func gunzip(content string) (map[string]string, error) {
	reader, err := gzip.NewReader(strings.NewReader(content))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(reader)
	return map[string]string{"unpacked": string(text)}, err
}

func unzip(content string) (map[string]string, error) {
	archive, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	parts := map[string]string{}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			return nil, err
		}
		parts[file.Name] = string(text)
	}
	return parts, nil
}
