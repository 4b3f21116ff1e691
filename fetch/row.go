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

// How many bytes of a value are kept while it is read. No sensible number is longer. A text is cut to fleet.MaxText
// characters of at most 4 bytes, but many blanks may precede it.
const (
	maxNumber = 64
	keepText  = 64 << 10
)

// decoder turns the rows of one list into instances. Rows with equal values share them: a million rows name a dozen
// regions.
type decoder struct {
	account string             // whose list it is; "" if accounts are not given
	members map[string]*member // the known members of a row, by name
	texts   map[string]string
	prices  map[string]fleet.Price
	block   []fleet.Instance   // memory for the next rows
	secrets secrets            // of the current row
	hashes  []fleet.SecretHash // memory for those of the next rows
	start   member             // its next is the first member of a row
	older   fleet.Instance     // values that the current row has under older names

	textBytes, maxTextBytes int // in the texts of all rows so far, and the limit
}

// maxTextBytes limits the memory that a list takes, and the files that are made of it. A list of a million instances
// has about 150 MB of texts.
const maxTextBytes = 1 << 30

// maxShared is how many values of a kind the decoder shares.
const maxShared = 10_000

// member is a member of a row, and the field of an instance that it sets.
type member struct {
	name  string
	field *fleet.Field
	bit   uint64  // different for each member, for sets
	older bool    // name is an older name of the field
	next  *member // the member after it in an earlier row; rows mostly have the same order, so this saves map lookups
}

// newDecoder returns a decoder of the fields in the table. All others, such as user and team, are skipped. Passwords
// are read only to keep them out of texts (see secrets). The instances get the account.
func newDecoder(account string) *decoder {
	d := &decoder{account: account,
		members: map[string]*member{}, texts: map[string]string{}, prices: map[string]fleet.Price{},
		secrets:      secrets{names: map[string]bool{}, texts: map[string]fleet.Folded{}},
		maxTextBytes: maxTextBytes}
	for _, f := range fleet.Fields {
		if !f.InReplies() {
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
	hasOlder bool   // one of them has an older name
	cut      bool   // one of the texts was shortened
}

// decodeRow reads an object into an instance. A value that can't be read is unknown and causes a warning. asCame is the
// instance with the texts in which a secret was hidden, nil if there are none.
func (d *decoder) decodeRow(s *jsonscan.Scanner, row fleet.Row, warnings *fleet.Warnings) (
	in, asCame *fleet.Instance, err error,
) {
	if len(d.block) == 0 {
		d.block = make([]fleet.Instance, 256)
	}
	r := rowReader{decoder: d, s: s, row: row, warnings: warnings, in: &d.block[0], reading: &d.start}
	d.block = d.block[1:]
	r.in.Account = d.account
	defer d.secrets.wipe()
	if err := s.Object(r.member); err != nil {
		return nil, nil, err
	}
	if r.hasOlder {
		r.fillFromOlder()
	}
	if r.in.Price.Known {
		r.in.PriceSource = fleet.ListPrice
	}
	asCame = r.hideSecrets()
	r.settleModel(asCame)
	r.keepHashes(asCame)
	return r.in, asCame, d.countText(r.in)
}

// settleModel takes the GPU model from gpu_type if the row has no other. An instance whose model is hidden counts under
// UnknownGPU, whatever its type.
func (r *rowReader) settleModel(asCame *fleet.Instance) {
	switch {
	case asCame == nil && r.in.GPU == "":
		r.in.GPU = r.in.GPUType
	case asCame == nil:
	case asCame.GPU == "":
		asCame.GPU, r.in.GPU = asCame.GPUType, r.in.GPUType
		fallthrough
	default:
		if asCame.GPU != r.in.GPU && asCame.Model() == asCame.GPU {
			r.in.GPUGroup = fleet.UnknownGPU
		}
	}
}

// countText returns an error once the rows have too much text. Rows that share a text count it each, as outputs do.
func (d *decoder) countText(in *fleet.Instance) error {
	for _, f := range fleet.Fields {
		if f.Text != nil {
			d.textBytes += len(*f.Text(in))
		}
	}
	if d.textBytes > d.maxTextBytes {
		return errorf(BadAPI, "the texts of the list exceed 1 GiB; check --api-url")
	}
	return nil
}

// fillFromOlder sets fields that the row has only under an older name.
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
		default:
			return r.readUnknown(name)
		}
		m = known
		r.reading.next = m
	}
	if r.seen&m.bit != 0 {
		r.warn("duplicate field " + m.name + "; using the last value")
	}
	r.seen |= m.bit
	r.reading = m
	if m.older {
		r.hasOlder = true
		return r.read(&r.older)
	}
	return r.read(r.in)
}

// read reads the value of the current field into an instance.
func (r *rowReader) read(in *fleet.Instance) (err error) {
	switch f := r.reading.field; f.Kind {
	case fleet.ID:
		*f.Text(in), err = r.id()
	case fleet.Text:
		*f.Text(in), err = r.sharedText()
	case fleet.HostName, fleet.Address:
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

// warnInvalid warns that the value of the current field is not what it should be, such as "a whole number".
func (r *rowReader) warnInvalid(want string) {
	r.warn(fmt.Sprintf("%s is not %s; treated as unknown", r.reading.name, want))
}

// warnKind does the same, and names the value's JSON type.
func (r *rowReader) warnKind(kind jsonscan.Kind, want string) {
	r.warn(fmt.Sprintf("%s is %v, not %s; treated as unknown", r.reading.name, kind, want))
}

// warnNumber warns of an invalid number. A JSON number may be valid as a type but not as a value, so its type is not
// named.
func (r *rowReader) warnNumber(kind jsonscan.Kind, want string) {
	if kind == jsonscan.Number {
		r.warnInvalid(want)
	} else {
		r.warnKind(kind, want)
	}
}

// id reads an identifier, a string or a number: 7 and "7" are the same. An id that is too long or has characters that
// can't be shown is unknown. If it were shortened or cleaned, two ids could become equal and an instance be lost.
// Invalid bytes and escapes have become U+FFFD here.
func (r *rowReader) id() (string, error) {
	kind, text, cut, err := r.scalar(keepText)
	if err != nil {
		return "", err
	}
	switch kind {
	case jsonscan.Null:
		return "", nil
	case jsonscan.String:
		id, cutHere := fleet.CleanText(text, cut)
		if cutHere || id != string(bytes.TrimSpace(text)) || strings.ContainsRune(id, unicode.ReplacementChar) {
			r.warn(r.reading.name + " is too long or has characters that can't be shown; treated as unknown")
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
		r.warnInvalid("a valid identifier")
		return "", nil
	}
	r.warnKind(kind, "text or a whole number")
	return "", nil
}

// wholeNumber returns the digits of a whole number, which JSON can write in several ways: 7, 7.0, 70e-1.
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
		// A larger whole number is exact if it is written without a point.
		return literal, err == nil && strings.Trim(literal, "-0123456789") == ""
	}
	return strconv.FormatInt(int64(number), 10), true
}

// text reads free text. It returns "" for null.
func (r *rowReader) text() (string, error) {
	text, truncated, err := r.rawText()
	if err != nil {
		return "", err
	}
	return r.clean(text, truncated), nil
}

// sharedText reads text that many rows have.
func (r *rowReader) sharedText() (string, error) {
	text, truncated, err := r.rawText()
	if err != nil {
		return "", err
	}
	if shared, ok := r.texts[string(text)]; ok && !truncated {
		return shared, nil
	}
	clean := r.clean(text, truncated)
	if len(r.texts) < maxShared && len(text) <= fleet.MaxText {
		r.texts[string(text)] = clean
	}
	return clean, nil
}

func (r *rowReader) rawText() (text []byte, truncated bool, err error) {
	kind, text, truncated, err := r.scalar(keepText)
	if err == nil && kind != jsonscan.String {
		if kind != jsonscan.Null {
			r.warnKind(kind, "text")
		}
		return nil, false, nil
	}
	return text, truncated, err
}

func (r *rowReader) clean(text []byte, truncated bool) string {
	clean, cut := fleet.CleanText(text, truncated)
	if cut {
		r.cut = true
		r.warn(fmt.Sprintf("%s is longer than %d characters; shortened", r.reading.name, fleet.MaxText))
	}
	return clean
}

// count reads a whole number from 0 to the field's maximum.
func (r *rowReader) count() (fleet.Number, error) {
	literal, kind, err := r.numeric("a whole number")
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > r.reading.field.Max || number != math.Trunc(number) {
		r.warnNumber(kind, fmt.Sprintf("a whole number from 0 to %.f", r.reading.field.Max))
		return fleet.Number{}, nil
	}
	return fleet.Known(number), nil
}

// number reads a number from 0 to the field's maximum.
func (r *rowReader) number() (fleet.Number, error) {
	literal, kind, err := r.numeric("a number")
	if err != nil || len(literal) == 0 {
		return fleet.Number{}, err
	}
	number, ok := parseNumber(literal)
	if !ok || number > r.reading.field.Max {
		r.warnNumber(kind, "a valid size")
		return fleet.Number{}, nil
	}
	return fleet.Known(number), nil
}

// price reads an amount of money per hour. 0 is a price.
func (r *rowReader) price() (fleet.Price, error) {
	literal, kind, err := r.numeric("a number")
	if err != nil || len(literal) == 0 {
		return fleet.Price{}, err
	}
	if price, ok := r.prices[string(literal)]; ok {
		return price, nil
	}
	money, err := fleet.ParseMoney(string(literal))
	if err != nil {
		r.warnNumber(kind, "a valid price")
		return fleet.Price{}, nil
	}
	price := fleet.Known(money)
	if len(r.prices) < maxShared {
		r.prices[string(literal)] = price
	}
	return price, nil
}

// purchase reads a type: 0 is on demand, 1 is reserved.
func (r *rowReader) purchase() (fleet.Purchase, error) {
	literal, kind, err := r.numeric("0 or 1")
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
	r.warnNumber(kind, "0 or 1")
	return fleet.UnknownPurchase, nil
}

// time reads seconds since 1970.
func (r *rowReader) time() (time.Time, error) {
	const want = "a time in seconds since 1970"
	literal, kind, err := r.numeric(want)
	if err != nil || len(literal) == 0 {
		return time.Time{}, err
	}
	seconds, ok := parseNumber(literal)
	at, plausible := fleet.TimeOf(seconds)
	if !ok || !plausible {
		r.warnNumber(kind, want)
		return time.Time{}, nil
	}
	return at, nil
}

// numeric reads a number, which may be written as a string. For any other type it adds a warning that the value is not
// what we want, such as "a number". The literal is empty if there is no number, and valid until the next value is read.
func (r *rowReader) numeric(want string) (literal []byte, kind jsonscan.Kind, err error) {
	kind, text, cut, err := r.scalar(maxNumber)
	if err != nil {
		return nil, kind, err
	}
	switch kind {
	case jsonscan.Null:
		return nil, kind, nil
	case jsonscan.Number, jsonscan.String:
		if cut {
			r.warn(r.reading.name + " is too long for a number; treated as unknown")
			return nil, kind, nil
		}
		return bytes.TrimSpace(text), kind, nil
	}
	r.warnKind(kind, want)
	return nil, kind, nil
}

// smallest is the smallest valid size above 0. A smaller number is a mistake, and too long to show.
const smallest = 1e-6

// parseNumber parses a decimal number of 0 or more. It rejects other formats that Go accepts: 0x1p4, 1_000, Inf, NaN.
func parseNumber(literal []byte) (float64, bool) {
	if whole, ok := plainDigits(literal); ok {
		return whole, true
	}
	return parseAnyNumber(string(literal))
}

// plainDigits parses a number that is only digits, as nearly all are, and short enough to be exact in a float64.
func plainDigits(literal []byte) (float64, bool) {
	const exact = 15
	if len(literal) == 0 || len(literal) > exact {
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

// scalar is the function scalar, but keeps the secrets in an array or object.
func (r *rowReader) scalar(keep int) (kind jsonscan.Kind, text []byte, cut bool, err error) {
	kind, err = r.s.Kind()
	if err == nil && (kind == jsonscan.Array || kind == jsonscan.Object) {
		return kind, nil, false, r.search(1, false, false)
	}
	return scalar(r.s, keep)
}

// scalar reads a value. For a string or number it returns the first keep bytes and whether there were more, for any
// other kind only the kind.
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
