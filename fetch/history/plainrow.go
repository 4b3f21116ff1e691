package history

import (
	"bytes"

	"gpufleet/fetch/fleet"
)

// longestPlainRow is how many bytes are looked at for a plain row. A longer one is read as any JSON.
const longestPlainRow = 8 << 10

// plainNames are rowFields as a row has them: `"id":`.
var plainNames = func() (names []string) {
	for _, name := range rowFields {
		names = append(names, `"`+name+`":`)
	}
	return names
}()

// plainRow reads a row at the beginning of a text if it is written as the encoder writes nearly all: no blanks, no escapes, whole numbers. It
// returns the row's length in bytes, and whether it was such a row; if not, d.in holds nothing of use. It takes a little over half the
// time of anyRow, and a run reads up to sixteen snapshots.
func (d *snapshotDecoder) plainRow(text []byte) (length int, ok bool) {
	d.in = fleet.Instance{}
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(text, []byte{'\n'}), []byte{'{'})
	if !ok {
		return 0, false
	}
	for i, name := range plainNames {
		if len(rest) < len(name) || string(rest[:len(name)]) != name {
			continue
		}
		rest = rest[len(name):]
		n, ok := d.plainMember(i, rest)
		if !ok || n == len(rest) {
			return 0, false
		}
		end := rest[n]
		rest = rest[n+1:]
		if end == '}' {
			return len(text) - len(rest), true
		}
		if end != ',' {
			return 0, false
		}
	}
	return 0, false
}

// plainMember reads the value of one of rowFields. It returns how long it is, and whether it is plain.
func (d *snapshotDecoder) plainMember(field int, rest []byte) (length int, ok bool) {
	in := &d.in
	switch rowFields[field] {
	case "id":
		return d.plainText(&in.ID, rest, false)
	case "region":
		return d.plainText(&in.Region, rest, true)
	case "host_name":
		return d.plainText(&in.HostName, rest, false)
	case "gpu":
		return d.plainText(&in.GPU, rest, true)
	case "status":
		return d.plainText(&in.Status, rest, true)
	case "cpu_cores":
		return plainNumber(&in.CPUCores, rest)
	case "ram":
		return plainNumber(&in.RAM, rest)
	case "gpu_count":
		return plainNumber(&in.GPUCount, rest)
	case "disk_size":
		return plainNumber(&in.DiskSize, rest)
	}
	var price string
	length, ok = d.plainText(&price, rest, true)
	if ok {
		in.Price = d.priceOf(price)
	}
	return length, ok && in.Price.Known
}

// plainText reads a string without escapes.
func (d *snapshotDecoder) plainText(to *string, rest []byte, intern bool) (length int, ok bool) {
	if len(rest) == 0 || rest[0] != '"' {
		return 0, false
	}
	raw := rest[1:]
	length = bytes.IndexByte(raw, '"')
	if length < 0 {
		return 0, false
	}
	raw = raw[:length]
	if bytes.IndexByte(raw, '\\') >= 0 {
		return 0, false
	}
	*to, ok = d.checkedText(raw, intern)
	return length + len(`""`), ok
}

// plainNumber reads a whole number.
func plainNumber(to *fleet.Number, rest []byte) (length int, ok bool) {
	const digits = 15 // so many are always at most maxNumber; more may not be
	value := int64(0)
	for length < len(rest) && rest[length] >= '0' && rest[length] <= '9' {
		value = value*10 + int64(rest[length]-'0')
		if length++; length > digits {
			return 0, false
		}
	}
	*to = fleet.Known(float64(value))
	return length, length == 1 || length > 1 && rest[0] != '0'
}
