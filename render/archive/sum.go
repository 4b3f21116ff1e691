package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Each file has a checksum of all its bytes in its metadata. Parquet has those of pages alone: damage elsewhere would
// give other rows, or make the library ask for any amount of memory.
const (
	sumKey = "gpufleet_crc32c" // the CRC-32C of the file with noSum as the checksum, in hexadecimal digits
	noSum  = "00000000"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errSum = errors.New("wrong checksum")

// sealer writes a file and puts the checksum into its end.
type sealer struct {
	to       io.Writer
	sum      uint32
	isEnding bool   // what follows has the metadata
	end      []byte // to be written by seal
}

func (s *sealer) Write(p []byte) (int, error) {
	s.sum = crc32.Update(s.sum, castagnoli, p)
	if s.isEnding {
		s.end = append(s.end, p...)
		return len(p), nil
	}
	return s.to.Write(p)
}

// seal writes the end.
func (s *sealer) seal() error {
	at, err := sumAt(s.end)
	if err != nil {
		return err
	}
	copy(s.end[at:], fmt.Sprintf("%08x", s.sum))
	_, err = s.to.Write(s.end)
	return err
}

// sumAt returns where the checksum begins in the end of a file. Names and texts of rows come before.
func sumAt(end []byte) (int, error) {
	at := bytes.LastIndex(end, []byte(sumKey))
	const prefix = 2 // the value's type and its length
	if begin := at + len(sumKey) + prefix; at >= 0 && begin+len(noSum) <= len(end) {
		return begin, nil
	}
	return 0, errSum
}

// checkSum returns an error if a file of some size isn't as it was written.
func checkSum(file io.ReaderAt, size int64) error {
	const lengthAndMagic = 8
	var last [lengthAndMagic]byte
	if _, err := file.ReadAt(last[:], size-lengthAndMagic); err != nil && err != io.EOF {
		return err
	}
	begin := size - lengthAndMagic - int64(binary.LittleEndian.Uint32(last[:]))
	if begin < 0 {
		return errSum
	}
	end := make([]byte, size-begin)
	if _, err := file.ReadAt(end, begin); err != nil && err != io.EOF {
		return err
	}
	at, err := sumAt(end)
	if err != nil {
		return err
	}
	written := string(end[at : at+len(noSum)])
	copy(end[at:], noSum)
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, begin)); err != nil {
		return err
	}
	sum.Write(end)
	if fmt.Sprintf("%08x", sum.Sum32()) != written {
		return errSum
	}
	return nil
}
