package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"gpufleet/fetch/fleet"
)

const fuzzCanary = "kAnArY7qZx"

// wantCleanText checks what must be true for every text that the decoder returns.
func wantCleanText(t *testing.T, text string) {
	t.Helper()
	unfit := func(r rune) bool {
		separator := r == '\u2028' || r == '\u2029'
		direction := r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
		noCharacter := r >= '\uFDD0' && r <= '\uFDEF' || r&0xFFFE == 0xFFFE
		return unicode.IsControl(r) || separator || direction || noCharacter
	}
	tooLong := utf8.RuneCountInString(text) > fleet.MaxText
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unfit) || tooLong || strings.TrimSpace(text) != text {
		t.Errorf("the decoder returns %q", text)
	}
}

// FuzzDecoder checks that any reply gives only texts that can be shown and plausible numbers, and that no error or
// warning quotes the reply.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(reply(1, `{"id": 7, "host_name": "a", "gpu_count": "2", "price_per_hour": 0.5, `+
		`"vm_password": "`+fuzzCanary+`", "created_at": 1751620391.25}`)))
	f.Add([]byte(reply(2,
		`{"id": ["`+fuzzCanary+`"], "ram": "`+fuzzCanary+`", "`+fuzzCanary+`": 1}`,
		`{"os": "a\u0000\u202e\ud800", "disk_size": 1e300, "type": 1}`)))
	f.Add([]byte(`{"data": null, "status": "failed", "message": "token ` + fuzzCanary + ` expired"}`))
	f.Add([]byte(`{"data": [1], "total_instance": "` + fuzzCanary + `", "status": "success"}`))
	f.Add([]byte("\xff\xfe{\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := newDecoder("").decodePage(bytes.NewReader(body), 1)
		if err != nil {
			if strings.Contains(err.Error(), fuzzCanary) {
				t.Errorf("the error quotes the reply: %v", err)
			}
			return
		}
		for _, line := range p.warnings.Lines() {
			if strings.Contains(line, fuzzCanary) {
				t.Errorf("a warning quotes the reply: %s", line)
			}
			wantCleanText(t, line)
		}
		for _, in := range p.rows {
			for _, f := range fleet.Fields {
				switch {
				case f.Text != nil:
					wantCleanText(t, *f.Text(in))
				case f.Number != nil:
					n := *f.Number(in)
					if math.IsNaN(n.Value) || n.Value < 0 || n.Value > f.Max || !n.Known && n.Value != 0 || math.Signbit(n.Value) {
						t.Errorf("%s is %v", f.Name, n)
					}
				case f.Time != nil:
					at := *f.Time(in)
					if !at.IsZero() && (at.Year() < 2000 || at.Year() > 2200 || at.Location() != time.UTC) {
						t.Errorf("%s is %v", f.Name, at)
					}
				}
			}
			if in.Price.Known != (in.PriceSource == fleet.ListPrice) || in.Price.Value.Sign() < 0 {
				t.Errorf("the price is %v of %v", in.Price, in.PriceSource)
			}
		}
	})
}

// plainFold folds a text in the plainest way.
func plainFold(text string) string {
	unseen := func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector,
			unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return r
	}
	for range 4 {
		text = norm.NFKC.String(cases.Fold().String(strings.Map(unseen, text)))
	}
	return strings.TrimSpace(strings.Map(unseen, text))
}

// FuzzSecrets checks that no text shows a password of its instance, folded, wherever the password is in the text and in
// the row: in a host name one of 4 characters or more, in another text one of 8, and as the whole text any. Documented
// words may be shown.
func FuzzSecrets(f *testing.F) {
	for field := range byte(9) {
		f.Add("web-", "hunter2!", "-1", field, false)
	}
	f.Add("", "abcab", "cab", byte(4), true)
	f.Add("x\t", "p\u00e4s\ts", "\u202e", byte(4), false)
	f.Add(strings.Repeat("x", fleet.MaxText-4), "hunter2!", "", byte(4), true)
	f.Add("", "Running", "", byte(1), true)
	f.Add("\ufb01", "ﬁSH", "e\u0301\u0323", byte(4), true)
	f.Add("e", "\u0301xyzw", "\u0323", byte(4), true)
	f.Add("\u1100", "\u1161abc", "\u11a8", byte(4), true)
	f.Fuzz(func(t *testing.T, before, password, behind string, number byte, first bool) {
		member := func(name, value string) string {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%q: %s", name, text)
		}
		field := fleet.Fields[int(number)%len(fleet.Fields)]
		if field.Text == nil || !field.InReplies() {
			return
		}
		name, secret := member(field.Name, before+password+behind), member("vm_password", password)
		row := "{" + name + ", " + secret + "}"
		if first {
			row = "{" + secret + ", " + name + "}"
		}
		in, _ := decodeOne(t, row)
		text := *field.Text(in)
		wantCleanText(t, text)
		clean, cut := fleet.CleanText([]byte(strings.ToValidUTF8(password, "\ufffd")), false)
		shown, hidden := plainFold(text), plainFold(clean)
		if cut || hidden == "" || field.IsDocumented(text) ||
			shown != hidden && utf8.RuneCountInString(hidden) < field.Kind.ShortestSecret() {
			return
		}
		if strings.Contains(shown, hidden) {
			t.Errorf("%s %q shows %q", field.Name, text, password)
		}
	})
}

// script answers requests by a fuzzed text. Each request uses some bytes, and the first of them selects the kind of
// answer.
type script struct {
	text  []byte
	asked int
}

func (s *script) answer(w http.ResponseWriter) {
	s.asked++
	next := func() int {
		if len(s.text) == 0 {
			return 0
		}
		c := s.text[0]
		s.text = s.text[1:]
		return int(c)
	}
	kind := next()
	if kind >= 250 {
		w.WriteHeader([]int{400, 404, 401, 204, 302, 418}[kind-250])
		return
	}
	var list []string
	for range kind % 8 {
		if id := next(); id > 240 {
			list = append(list, fmt.Sprintf(`{"host_name": "n%d"}`, id%4))
		} else {
			list = append(list, fmt.Sprintf(`{"id": %d}`, id%40))
		}
	}
	total := next() % 48
	if kind%32 == 9 {
		io.WriteString(w, `{"data": null, "total_instance": 3, "status": "success"}`)
		return
	}
	io.WriteString(w, reply(total-1, list...))
}

// FuzzPaging lets an API page in any way, honest or not. The list must end after a few requests and be complete, or
// there must be an error. No two instances may have the same ID.
func FuzzPaging(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3, 8, 3, 4, 5, 6, 8, 1, 7, 8})
	f.Add([]byte{2, 1, 2, 5, 2, 1, 2, 5, 2, 3, 4, 5})
	f.Add([]byte{2, 250, 251, 9, 250, 255, 3, 1, 1, 1, 4})
	f.Add(bytes.Repeat([]byte{1, 5, 40, 1, 6, 40}, 20))
	var now atomic.Pointer[script]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { now.Load().answer(w) }))
	f.Cleanup(server.Close)
	transport := NewTransport()
	transport.DisableKeepAlives = false
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &script{text: text}
		now.Store(s)
		client, _ := (&api{Server: server}).client()
		client.Timeout, client.Transport = 20*time.Second, transport
		list, err := client.Instances(context.Background())
		client.http().CloseIdleConnections()
		if most := 40 + 4*len(text); s.asked > most {
			t.Errorf("%d requests for %d bytes", s.asked, len(text))
		}
		var known *Error
		if err != nil {
			if !errors.As(err, &known) || list != nil {
				t.Errorf("%v, %v", list, err)
			}
			return
		}
		seen := map[string]bool{}
		for _, in := range list.Instances {
			if in.ID != "" && seen[in.ID] {
				t.Errorf("two instances have the id %s", in.ID)
			}
			seen[in.ID] = true
		}
	})
}

// FuzzRetryAfter checks that a run waits at most until its time limit, and never a negative time, whatever a server
// asks for.
func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{
		"", "0", "7", " 60 ", "61", "-1", "1.5", "99999999999999999999", "Sun, 22 Nov 2026 12:00:30 GMT",
		"Sunday, 22-Nov-26 12:00:30 GMT", "Sun Nov 22 12:00:30 2026", "Fri, 31 Dec 9999 23:59:59 GMT",
		"Mon, 01 Jan 0001 00:00:00 GMT", "soon", "1795348830", "1795348830.5", "1795348830000", "9223372036854775807",
	} {
		f.Add(header, header, "")
		f.Add("", header, header)
	}
	const limit = time.Minute
	f.Fuzz(func(t *testing.T, retryAfter, reset, date string) {
		response := &http.Response{StatusCode: 429, Header: http.Header{
			"Retry-After": {retryAfter}, "Ratelimit-Reset": {reset}, "Date": {date},
		}}
		asked := askedWait(response)
		client := &Client{random: func() float64 { return 1 }}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		wait, failed := client.waitBefore(ctx, 1, &statusError{code: 429, wait: asked}, "https://example.org")
		if asked < -1 || asked > farWait || wait < max(0, asked) && failed == nil || wait > limit {
			t.Errorf("%q, %q, %q: asks for %v, waits %v, %v", retryAfter, reset, date, asked, wait, failed)
		}
		for _, header := range []string{retryAfter, reset} {
			if header = strings.TrimSpace(header); failed != nil && len(header) > 6 && strings.Contains(failed.Error(), header) {
				t.Errorf("the error quotes %q: %v", header, failed)
			}
		}
	})
}

// FuzzPriceFile checks that a price file gives prices of at least 0 which don't depend on the order of its rows, or
// an error that doesn't quote the file.
func FuzzPriceFile(f *testing.F) {
	header := priceHeader.String() + "\n"
	f.Add("*,H100,,,1.75\nA,H100,,,1.65\n*,H100,8,Baremetal,12.80\n*,CPU only,0,,0.04\n")
	f.Add("A,,,,1\n\n\"A\",*,*,*,1.0\n")
	f.Add("A,H100," + fuzzCanary + ",,1\n")
	f.Add("A,H100,,,\"" + fuzzCanary + "\n")
	f.Add(fuzzCanary + ",H100,,,1\n" + fuzzCanary + ",H100,,,2\n")
	f.Fuzz(func(t *testing.T, rows string) {
		file, err := parsePriceFile([]byte(header + rows))
		if err != nil {
			if strings.Contains(err.Error(), fuzzCanary) {
				t.Errorf("the error quotes the file: %v", err)
			}
			return
		}
		prices := func(file *PriceFile) (all []string) {
			for _, gpus := range []float64{0, 1, 8} {
				for _, region := range []string{"A", ""} {
					list := &fleet.Fleet{Instances: []*fleet.Instance{{
						Region:      region,
						GPU:         "H100",
						GPUCount:    fleet.Known(gpus),
						ProductType: "Baremetal",
					}}}
					file.Apply(list)
					in := list.Instances[0]
					if in.Price.Known != (in.PriceSource == fleet.FilePrice) || in.Price.Value.Sign() < 0 {
						t.Errorf("the price %v of %v", in.Price, in.PriceSource)
					}
					all = append(all, fmt.Sprint(in.Price.Known, in.Price.Value))
				}
			}
			return all
		}
		lines := strings.SplitAfter(strings.TrimSuffix(rows, "\n")+"\n", "\n")
		slices.Reverse(lines)
		if strings.ContainsAny(rows, "\"\r") { // a row can then have several lines
			return
		}
		other, err := parsePriceFile([]byte(header + strings.Join(lines, "")))
		if err != nil || !slices.Equal(prices(file), prices(other)) {
			t.Errorf("the other way round: %v, %v, %v", err, prices(file), prices(other))
		}
	})
}
