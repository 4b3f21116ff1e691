package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"gpufleet/fetch/fleet"
)

// Entry has the figures of one day, from the day's last run.
type Entry struct {
	Date  string    `json:"date"`  // 2026-11-22
	Taken time.Time `json:"taken"` // when that run fetched the list, UTC, to the second
	Figures
	// Changes since the previous snapshot; null if there was none.
	Changes *Counts `json:"changes"`
	// Budget per month; nil without one.
	Budget *Amount `json:"budget,omitempty"`
	// Attention is the number of instances that need attention; nil in days of earlier versions.
	Attention *int `json:"attention,omitempty"`
	// Groups are the figures by region and GPU model, in the report's order; at most MaxGroups. They are empty in all
	// but the newest GroupDays days.
	Groups []Group `json:"groups"`
	// Feed identifies the feed: 32 hexadecimal digits, made by the first run and then the same every day. "" if not known.
	Feed string `json:"feed"`
}

// MaxGroups is the largest number of groups in a day. If there are more, the last one is the sum of the rest, without
// names.
const MaxGroups = 500

// Figures are totals of instances.
type Figures struct {
	Instances int     `json:"instances"`
	GPUs      float64 `json:"gpus"` // a lower bound if GPUsKnown < Instances
	GPUsKnown int     `json:"gpus_known"`
	Running   Cost    `json:"running"`
	Listed    Cost    `json:"listed"`
}

// Cost is the cost of instances per hour. It is a lower bound if Priced < Instances.
type Cost struct {
	Instances int    `json:"instances"`
	Priced    int    `json:"priced"`
	PerHour   Amount `json:"per_hour"`
}

// Group has the figures of one GPU model in one region. Both names are "" for the sum of further groups.
type Group struct {
	Region string `json:"region"`
	GPU    string `json:"gpu"`
	Figures
}

// Counts has the number of changes since a date.
type Counts struct {
	Since   string `json:"since"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Changed int    `json:"changed"` // instances with at least one changed field
}

// Amount is an exact amount, a string in JSON.
type Amount struct{ fleet.Money }

// MarshalJSON writes the exact amount.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.String()) }

// UnmarshalJSON reads an amount of 0 or more.
func (a *Amount) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return errFormat
	}
	amount, err := fleet.ParseTotal(digits)
	if err != nil || amount.Sign() < 0 {
		return errFormat
	}
	a.Money = amount
	return nil
}

// historyFile is the content of data/history.json.
type historyFile struct {
	Schema int `json:"schema"`
	Head
	Account string  `json:"account,omitempty"` // a hash of it, in schema 1 only
	Days    []Entry `json:"days"`
}

// WriteDays writes data/history.json, one line per day. It is an error if ReadDays would find the file too large.
func WriteDays(w io.Writer, head Head, days []Entry) error {
	return writeDays(w, head, days, MaxHistoryBytes)
}

func writeDays(w io.Writer, head Head, days []Entry, maxBytes int) error {
	var b bytes.Buffer
	if head.Hidden == nil {
		head.Hidden = []string{}
	}
	text, err := json.Marshal(historyFile{Schema: historySchema, Head: head, Days: []Entry{}})
	if err != nil {
		return err
	}
	b.Write(text[:len(text)-len("]}")])
	for i, day := range days {
		if day.Groups == nil {
			day.Groups = []Group{}
		}
		line, err := json.Marshal(day)
		if err != nil {
			return err
		}
		separator := ",\n"
		if i == 0 {
			separator = "\n"
		}
		b.WriteString(separator)
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	if isTooLarge(b.Bytes(), maxBytes) || len(days) > maxEntries {
		return unreadable(HistoryPath)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// unreadable is the error for a file that would exceed the limits of reading.
func unreadable(path string) error {
	return fmt.Errorf("%s would be too large for a later run to read; "+
		"make several reports of fewer instances, regions and GPU models", path)
}

// Limits of data/history.json, for reading and writing: its size, its number of days and of members.
const (
	MaxHistoryBytes = 256 << 20
	maxEntries      = 2 * HistoryDays
	maxMembers      = 20 * (MaxGroups + 1) * HistoryDays
)

// isTooLarge reports whether data/history.json is beyond the limits. Every member has '":', so counting these limits
// the memory for a hostile file. In a name, the quote is escaped. An escape at the end of a member's own name
// hides it from
// the count, but such a name is unknown, and the first unknown name ends the reading.
func isTooLarge(content []byte, maxBytes int) bool {
	members := bytes.Count(content, []byte(`":`)) - bytes.Count(content, []byte(`\":`))
	return len(content) > maxBytes || members > maxMembers
}

// ReadDays reads data/history.json. The error says what is wrong with it, but quotes nothing.
func ReadDays(content []byte) (Head, []Entry, error) {
	if isTooLarge(content, MaxHistoryBytes) {
		return Head{}, nil, errTooLarge
	}
	// As for the manifest: Compact rejects text after the value, and the json package's errors would quote the file.
	var compact bytes.Buffer
	if err := json.Compact(&compact, content); err != nil {
		return Head{}, nil, errNotJSON
	}
	decoder := json.NewDecoder(&compact)
	decoder.DisallowUnknownFields()
	var h historyFile
	if err := decoder.Decode(&h); err != nil || h.Schema < 1 || h.Schema > historySchema ||
		!h.Head.valid() || len(h.Days) > maxEntries {
		return Head{}, nil, errFormat
	}
	for i, day := range h.Days {
		if !day.valid() || i > 0 && day.Date <= h.Days[i-1].Date {
			return Head{}, nil, fault(fmt.Sprintf("its day %d is invalid", i+1))
		}
	}
	if h.Account != "" { // the feed's name was made from it
		for i := range h.Days {
			h.Days[i].Feed = ""
		}
	}
	h.Head.hidesLess = h.Schema < historySchema
	return h.Head, h.Days, nil
}

func (e Entry) valid() bool {
	isFeed := e.Feed == "" || len(e.Feed) == 32 && strings.Trim(e.Feed, "0123456789abcdef") == ""
	isTaken := e.Taken.Location() == time.UTC && e.Taken.Nanosecond() == 0 && DateText(e.Taken) == e.Date
	isAttention := e.Attention == nil || *e.Attention >= 0 && *e.Attention <= e.Instances
	return isFeed && isTaken && isAttention && e.Figures.valid() && (e.Changes == nil || e.Changes.valid(e.Date)) &&
		len(e.Groups) <= MaxGroups && !slices.ContainsFunc(e.Groups, func(g Group) bool { return !g.valid() })
}

func (g Group) valid() bool {
	isName := func(text string) bool {
		_, ok := fleet.RestoreText([]byte(text))
		return ok || text == ""
	}
	return isName(g.Region) && isName(g.GPU) && g.Figures.valid()
}

func (c Counts) valid(before string) bool {
	_, err := time.Parse(time.DateOnly, c.Since)
	return err == nil && c.Since < before && isCount(c.Added) && isCount(c.Removed) && isCount(c.Changed)
}

func (f Figures) valid() bool {
	const most = fleet.MaxInstances * fleet.MaxGPUs
	return isCount(f.Instances) && f.GPUs >= 0 && f.GPUs <= most && f.GPUs == math.Trunc(f.GPUs) &&
		f.GPUsKnown >= 0 && f.GPUsKnown <= f.Instances && f.Running.valid(f.Instances) && f.Listed.valid(f.Instances)
}

func (c Cost) valid(of int) bool {
	return c.Instances >= 0 && c.Instances <= of && c.Priced >= 0 && c.Priced <= c.Instances
}

func isCount(n int) bool { return n >= 0 && n <= fleet.MaxInstances }
