package fetch

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/jsonscan"
)

// How much of a value is kept while it is read. A number of more characters is absurd; a text is cut at
// maxText characters, of which none takes more than 4 bytes, and blanks before it may be many.
const (
	maxNumber = 64
	keepText  = 64 << 10
)

// The largest numbers that are believed of one instance.
const (
	maxGPUs  = 1e6
	maxCores = 1e6
	maxGB    = 1e9
)

// Creation times outside these are taken for something else, such as milliseconds.
var (
	earliestCreated = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	latestCreated   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// decoder turns rows into instances. It lives as long as one list is read and shares among the rows what is the
// same in many: a million rows name a dozen regions.
type decoder struct {
	texts  map[string]string
	prices map[string]fleet.Price
	block  []fleet.Instance // room for the next rows
	host   hostName         // of the row under way
}

func newDecoder() *decoder {
	return &decoder{texts: map[string]string{}, prices: map[string]fleet.Price{}}
}

// maxShared bounds what the decoder remembers in order to share it.
const maxShared = 10_000

// field is a name of the wire that has a place in an Instance, as a bit, so that a row's fields make a set.
type field uint

const (
	fieldID field = 1 << iota
	fieldRegion
	fieldProductType
	fieldInstanceType
	fieldHostName
	fieldCPUCores
	fieldRAM
	fieldGPU
	fieldGPUType
	fieldGPUCount
	fieldDiskSize
	fieldEphemeral
	fieldPublicIPv4
	fieldPrice
	fieldType
	fieldOS
	fieldStatus
	fieldCreatedAt
)

// fields is the list of what is read. What it doesn't name is passed over without a look: user, team and whatever else a
// row carries. Passwords are looked at too, so that no host name shows one (see hostName), and go no further.
var fields = map[string]field{
	"id": fieldID, "region": fieldRegion, "product_type": fieldProductType, "instance_type": fieldInstanceType,
	"host_name": fieldHostName, "cpu_cores": fieldCPUCores, "ram": fieldRAM, "gpu": fieldGPU, "gpu_type": fieldGPUType,
	"gpu_count": fieldGPUCount, "disk_size": fieldDiskSize, "ephemeral": fieldEphemeral, "public_ipv4": fieldPublicIPv4,
	"price_per_hour": fieldPrice, "type": fieldType, "os": fieldOS, "status": fieldStatus, "created_at": fieldCreatedAt,
}

// String returns the field's name on the wire. It is asked for warnings alone, so it may take its time.
func (f field) String() string {
	for name, known := range fields {
		if known == f {
			return name
		}
	}
	return ""
}

// rowReader reads one row.
type rowReader struct {
	*decoder
	s            *jsonscan.Scanner
	row          fleet.Row
	warnings     *fleet.Warnings
	field        field // that is read
	in           *fleet.Instance
	seen         field
	instanceType string // the older name of product_type, which counts where that is missing
}

// decodeRow reads an object into an instance. Whatever can't be read is unknown, and a warning.
func (d *decoder) decodeRow(s *jsonscan.Scanner, row fleet.Row, warnings *fleet.Warnings) (*fleet.Instance, error) {
	if len(d.block) == 0 {
		d.block = make([]fleet.Instance, 256)
	}
	r := rowReader{decoder: d, s: s, row: row, warnings: warnings, in: &d.block[0]}
	d.block = d.block[1:]
	defer d.host.wipe()
	if err := s.Object(r.member); err != nil {
		return nil, err
	}
	r.in.HostName = r.hostName()
	if r.in.ProductType == "" {
		r.in.ProductType = r.instanceType
	}
	if r.in.GPU == "" {
		r.in.GPU = r.in.GPUType
	}
	if r.in.Price.Known {
		r.in.PriceSource = fleet.ListPrice
	}
	return r.in, nil
}

func (r *rowReader) member(name []byte) (err error) {
	f, ok := fields[string(name)]
	switch {
	case ok:
	case isPassword(name):
		return r.readPassword()
	default:
		return r.s.Skip()
	}
	r.field = f
	if r.seen&f != 0 {
		r.warn(f.String() + " stands twice: the later one counts")
	}
	r.seen |= f

	in := r.in
	switch f {
	case fieldID:
		in.ID, err = r.id()
	case fieldRegion:
		in.Region, err = r.sharedText()
	case fieldProductType:
		in.ProductType, err = r.sharedText()
	case fieldInstanceType:
		r.instanceType, err = r.sharedText()
	case fieldHostName:
		err = r.readHostName()
	case fieldCPUCores:
		in.CPUCores, err = r.number(maxCores)
	case fieldRAM:
		in.RAM, err = r.number(maxGB)
	case fieldGPU:
		in.GPU, err = r.sharedText()
	case fieldGPUType:
		in.GPUType, err = r.sharedText()
	case fieldGPUCount:
		in.GPUCount, err = r.count(maxGPUs)
	case fieldDiskSize:
		in.DiskSize, err = r.number(maxGB)
	case fieldEphemeral:
		in.Ephemeral, err = r.number(maxGB)
	case fieldPublicIPv4:
		in.PublicIPv4, err = r.text()
	case fieldPrice:
		in.Price, err = r.price()
	case fieldType:
		in.Purchase, err = r.purchase()
	case fieldOS:
		in.OS, err = r.sharedText()
	case fieldStatus:
		in.Status, err = r.sharedText()
	case fieldCreatedAt:
		in.CreatedAt, err = r.time()
	}
	return err
}

func (r *rowReader) warn(text string) { r.warnings.AddRow(r.row, text) }

func (r *rowReader) warnUnread(kind jsonscan.Kind, why string) {
	r.warn(fmt.Sprintf("%v is %v%s, taken as unknown", r.field, kind, why))
}

// id reads an identifier, a string or a number: 7 and "7" are one. An id that can't be shown as it is (too long,
// control characters, bytes or escapes that are no character, which come as U+FFFD) is none: cut or cleaned, two of them could
// become one, and an instance be lost.
func (r *rowReader) id() (string, error) {
	kind, text, cut, err := scalar(r.s, keepText)
	if err != nil {
		return "", err
	}
	switch kind {
	case jsonscan.Null:
		return "", nil
	case jsonscan.String:
		id, cutHere := cleanText(text, cut)
		if cutHere || id != string(bytes.TrimSpace(text)) || strings.ContainsRune(id, unicode.ReplacementChar) {
			r.warnUnread(kind, " that can't be shown as it is")
			return "", nil
		}
		return id, nil
	case jsonscan.Number:
		if id, ok := wholeNumber(string(text)); ok && !cut {
			return id, nil
		}
		r.warnUnread(kind, " that is no identifier")
		return "", nil
	}
	r.warnUnread(kind, "")
	return "", nil
}

// wholeNumber returns the digits of a whole number that JSON may write in several ways: 7, 7.0, 70e-1.
func wholeNumber(literal string) (string, bool) {
	if len(literal) > maxNumber {
		return "", false
	}
	if strings.Trim(literal, "0123456789") == "" {
		return literal, true
	}
	number, err := strconv.ParseFloat(literal, 64)
	const exact = 1 << 53
	if err != nil || number != math.Trunc(number) || math.Abs(number) > exact {
		// Whole numbers beyond that which are written without a point are exact as they stand.
		return literal, err == nil && strings.Trim(literal, "-0123456789") == ""
	}
	return strconv.FormatInt(int64(number), 10), true
}

// text reads free text. What is missing, null or empty is "".
func (r *rowReader) text() (string, error) {
	text, more, err := r.rawText()
	if err != nil {
		return "", err
	}
	return r.clean(text, more), nil
}

// sharedText reads text that is the same in many rows.
func (r *rowReader) sharedText() (string, error) {
	text, more, err := r.rawText()
	if err != nil {
		return "", err
	}
	if shared, ok := r.texts[string(text)]; ok && !more {
		return shared, nil
	}
	clean := r.clean(text, more)
	if len(r.texts) < maxShared && len(text) <= maxText {
		r.texts[string(text)] = clean
	}
	return clean, nil
}

func (r *rowReader) rawText() (text []byte, more bool, err error) {
	kind, text, more, err := scalar(r.s, keepText)
	if err == nil && kind != jsonscan.String {
		if kind != jsonscan.Null {
			r.warnUnread(kind, "")
		}
		return nil, false, nil
	}
	return text, more, err
}

func (r *rowReader) clean(text []byte, more bool) string {
	clean, cut := cleanText(text, more)
	if cut {
		r.warn(fmt.Sprintf("%v is longer than %d characters: cut", r.field, maxText))
	}
	return clean
}

// count reads a whole number from 0 to limit.
func (r *rowReader) count(limit float64) (fleet.Number, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > limit || number != math.Trunc(number) {
		r.warnUnread(kind, " that is no count")
		return fleet.Number{}, nil
	}
	return fleet.Known(number), nil
}

// number reads a number from 0 to limit.
func (r *rowReader) number(limit float64) (fleet.Number, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > limit {
		r.warnUnread(kind, " that is no believable size")
		return fleet.Number{}, nil
	}
	return fleet.Known(number), nil
}

// price reads an amount of money per hour. 0 is a price.
func (r *rowReader) price() (fleet.Price, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.Price{}, err
	}
	if price, ok := r.prices[string(literal)]; ok {
		return price, nil
	}
	money, err := fleet.ParseMoney(string(literal))
	if err != nil {
		r.warnUnread(kind, " that is no believable price")
		return fleet.Price{}, nil
	}
	price := fleet.Known(money)
	if len(r.prices) < maxShared {
		r.prices[string(literal)] = price
	}
	return price, nil
}

// purchase reads a type: 0 on demand, 1 reserved.
func (r *rowReader) purchase() (fleet.Purchase, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.UnknownPurchase, err
	}
	number, ok := parseNumber(literal)
	switch {
	case ok && number == 0:
		return fleet.OnDemand, nil
	case ok && number == 1:
		return fleet.Reserved, nil
	}
	r.warnUnread(kind, " that is neither 0 nor 1")
	return fleet.UnknownPurchase, nil
}

// time reads seconds since 1970. Parts of a second are dropped: nobody needs them, and times of one form
// sort and parse everywhere.
func (r *rowReader) time() (time.Time, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return time.Time{}, err
	}
	seconds, ok := parseNumber(literal)
	if !ok || seconds < float64(earliestCreated) || seconds >= float64(latestCreated) {
		r.warnUnread(kind, " that is no time in seconds since 1970")
		return time.Time{}, nil
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// numeric reads a number that may be written as a string. The literal is empty where there is none, or where it was
// none and the warning has been given; it is valid until the next value is read.
func (r *rowReader) numeric() (literal []byte, kind jsonscan.Kind, err error) {
	kind, text, cut, err := scalar(r.s, maxNumber)
	if err != nil {
		return nil, kind, err
	}
	switch kind {
	case jsonscan.Null:
		return nil, kind, nil
	case jsonscan.Number, jsonscan.String:
		if cut {
			r.warnUnread(kind, " that is too long for a number")
			return nil, kind, nil
		}
		return bytes.TrimSpace(text), kind, nil
	}
	r.warnUnread(kind, "")
	return nil, kind, nil
}

// smallest is the smallest size above 0 that is believed. A number below it is a mistake, and too long to be shown.
const smallest = 1e-6

// parseNumber reads a decimal number of 0 or more. What else Go would take for a number, such as 0x1p4, 1_000, Inf and
// NaN, is none.
func parseNumber(literal []byte) (float64, bool) {
	if whole, ok := plainDigits(literal); ok {
		return whole, true
	}
	return parseAnyNumber(string(literal))
}

// plainDigits reads digits alone, as nearly every number is written, where a float64 is sure to hold what they say.
func plainDigits(literal []byte) (float64, bool) {
	const sure = 15
	if len(literal) == 0 || len(literal) > sure {
		return 0, false
	}
	whole := 0
	for _, c := range literal {
		if c < '0' || c > '9' {
			return 0, false
		}
		whole = whole*10 + int(c-'0')
	}
	return float64(whole), true
}

func parseAnyNumber(literal string) (float64, bool) {
	if strings.Trim(literal, "0123456789.eE+-") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(literal, 64)
	digits, _, _ := strings.Cut(strings.ToLower(literal), "e")
	if err != nil || number < 0 || number < smallest && strings.ContainsAny(digits, "123456789") {
		return 0, false
	}
	return number + 0, true // + 0 turns -0 into 0
}

// scalar reads a value. Of a string or number it returns the first keep bytes and whether there were more;
// of another kind nothing but the kind.
func scalar(s *jsonscan.Scanner, keep int) (kind jsonscan.Kind, text []byte, cut bool, err error) {
	kind, err = s.Kind()
	if err != nil {
		return kind, nil, false, err
	}
	switch kind {
	case jsonscan.String:
		text, cut, err = s.String(keep)
	case jsonscan.Number:
		text, cut, err = s.Number(keep)
	default:
		err = s.Skip()
	}
	return kind, text, cut, err
}
