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
// fleet.MaxText characters, of which none takes more than 4 bytes, and blanks before it may be many.
const (
	maxNumber = 64
	keepText  = 64 << 10
)

// decoder turns rows into instances. It lives as long as one list is read and shares among the rows what is the
// same in many: a million rows name a dozen regions.
type decoder struct {
	members map[string]*member // what is read of a row, by its name on the wire
	texts   map[string]string
	prices  map[string]fleet.Price
	block   []fleet.Instance // room for the next rows
	host    hostName         // of the row under way
	start   member           // before a row's first
	older   fleet.Instance   // what the row under way has under older names
}

// maxShared bounds what the decoder remembers in order to share it.
const maxShared = 10_000

// member is a name on the wire that has a place in an instance.
type member struct {
	name  string
	field *fleet.Field
	bit   uint64  // of its own, so that a row's members make a set
	older bool    // an older name of the field
	next  *member // that came after it last: rows mostly have one order, and this is quicker than the map
}

// newDecoder returns a decoder of the fields in the table. What that doesn't name is passed over without a look:
// user, team and whatever else a row carries. Passwords are looked at too, so that no host name shows one (see
// hostName), and go no further.
func newDecoder() *decoder {
	d := &decoder{members: map[string]*member{}, texts: map[string]string{}, prices: map[string]fleet.Price{}}
	for _, f := range fleet.Fields {
		if f.Kind == fleet.Computed {
			continue
		}
		d.members[f.Name] = &member{f.Name, f, 1 << len(d.members), false, nil}
		if f.Older != "" {
			d.members[f.Older] = &member{f.Older, f, 1 << len(d.members), true, nil}
		}
	}
	return d
}

// rowReader reads one row.
type rowReader struct {
	*decoder
	s        *jsonscan.Scanner
	row      fleet.Row
	warnings *fleet.Warnings
	in       *fleet.Instance
	reading  *member
	seen     uint64 // bits of the members that were read
	aged     bool   // one of them has an older name
}

// decodeRow reads an object into an instance. Whatever can't be read is unknown, and a warning.
func (d *decoder) decodeRow(s *jsonscan.Scanner, row fleet.Row, warnings *fleet.Warnings) (*fleet.Instance, error) {
	if len(d.block) == 0 {
		d.block = make([]fleet.Instance, 256)
	}
	r := rowReader{decoder: d, s: s, row: row, warnings: warnings, in: &d.block[0], reading: &d.start}
	d.block = d.block[1:]
	defer d.host.wipe()
	if err := s.Object(r.member); err != nil {
		return nil, err
	}
	r.maskHostName()
	if r.aged {
		r.fillFromOlder()
	}
	if r.in.GPU == "" {
		r.in.GPU = r.in.GPUType
	}
	if r.in.Price.Known {
		r.in.PriceSource = fleet.ListPrice
	}
	return r.in, nil
}

// fillFromOlder takes what the row has under an older name alone.
func (r *rowReader) fillFromOlder() {
	for _, f := range fleet.Fields {
		if f.Older == "" {
			continue
		}
		if !f.IsKnown(r.in) {
			f.Copy(r.in, &r.older)
		}
		f.Clear(&r.older)
	}
}

func (r *rowReader) member(name []byte) error {
	m := r.reading.next
	if m == nil || m.name != string(name) {
		known, ok := r.members[string(name)]
		switch {
		case ok:
		case isPassword(name):
			return r.readPassword()
		default:
			return r.s.Skip()
		}
		m = known
		r.reading.next = m
	}
	if r.seen&m.bit != 0 {
		r.warn(m.name + " stands twice: the later one counts")
	}
	r.seen |= m.bit
	r.reading = m
	if m.older {
		r.aged = true
		return r.read(&r.older)
	}
	return r.read(r.in)
}

// read reads the value of the field under way into an instance.
func (r *rowReader) read(in *fleet.Instance) (err error) {
	switch f := r.reading.field; f.Kind {
	case fleet.ID:
		*f.Text(in), err = r.id()
	case fleet.HostName:
		err = r.readHostName()
	case fleet.Text:
		*f.Text(in), err = r.sharedText()
	case fleet.Address:
		*f.Text(in), err = r.text()
	case fleet.Count:
		*f.Number(in), err = r.count()
	case fleet.Size:
		*f.Number(in), err = r.number()
	case fleet.Amount:
		*f.Price(in), err = r.price()
	case fleet.Term:
		*f.Term(in), err = r.purchase()
	case fleet.Moment:
		*f.Time(in), err = r.time()
	}
	return err
}

func (r *rowReader) warn(text string) { r.warnings.AddRow(r.row, text) }

func (r *rowReader) warnUnread(kind jsonscan.Kind, why string) {
	r.warn(fmt.Sprintf("%s is %v%s, taken as unknown", r.reading.name, kind, why))
}

// id reads an identifier, a string or a number: 7 and "7" are one. An id that can't be shown as it is (too long,
// control characters, bytes or escapes that are no character, which come as U+FFFD) is none: cut or cleaned, two of
// them could become one, and an instance be lost.
func (r *rowReader) id() (string, error) {
	kind, text, cut, err := scalar(r.s, keepText)
	if err != nil {
		return "", err
	}
	switch kind {
	case jsonscan.Null:
		return "", nil
	case jsonscan.String:
		id, cutHere := fleet.CleanText(text, cut)
		if cutHere || id != string(bytes.TrimSpace(text)) || strings.ContainsRune(id, unicode.ReplacementChar) {
			r.warnUnread(kind, " that can't be shown as it is")
			return "", nil
		}
		return id, nil
	case jsonscan.Number:
		if _, ok := plainDigits(text); ok && !cut { // as nearly all are
			return string(text), nil
		}
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
	if len(r.texts) < maxShared && len(text) <= fleet.MaxText {
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
	clean, cut := fleet.CleanText(text, more)
	if cut {
		r.warn(fmt.Sprintf("%s is longer than %d characters: cut", r.reading.name, fleet.MaxText))
	}
	return clean
}

// count reads a whole number from 0 to the field's largest.
func (r *rowReader) count() (fleet.Number, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > r.reading.field.Max || number != math.Trunc(number) {
		r.warnUnread(kind, " that is no count")
		return fleet.Number{}, nil
	}
	return fleet.Known(number), nil
}

// number reads a number from 0 to the field's largest.
func (r *rowReader) number() (fleet.Number, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > r.reading.field.Max {
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

// time reads seconds since 1970.
func (r *rowReader) time() (time.Time, error) {
	literal, kind, err := r.numeric()
	if err != nil || len(literal) == 0 {
		return time.Time{}, err
	}
	seconds, ok := parseNumber(literal)
	at, believed := fleet.TimeOf(seconds)
	if !ok || !believed {
		r.warnUnread(kind, " that is no time in seconds since 1970")
		return time.Time{}, nil
	}
	return at, nil
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
