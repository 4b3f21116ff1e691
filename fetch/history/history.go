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

// Entry is one day of the history: what the list came to in the day's last run.
type Entry struct {
	Date  string    `json:"date"`  // 2026-11-22
	Taken time.Time `json:"taken"` // when that run fetched the list, UTC, to the second
	Figures
	// Changes since the day before it in the snapshots; null where there was none.
	Changes *Counts `json:"changes"`
	// Groups are the figures by region and model, in the report's order; at most MaxGroups.
	Groups []Group `json:"groups"`
	// Feed tells the feed that the day belongs to from every other: 32 hexadecimal digits, made at the first run and the
	// same from day to day. "" where a history does not say.
	Feed string `json:"feed"`
}

// MaxGroups bounds the groups of a day. Of more, those behind the first MaxGroups-1 are one group without names.
const MaxGroups = 500

// Figures is what instances come to.
type Figures struct {
	Instances int     `json:"instances"`
	GPUs      float64 `json:"gpus"` // a lower bound where fewer than Instances are known
	GPUsKnown int     `json:"gpus_known"`
	Running   Cost    `json:"running"`
	Listed    Cost    `json:"listed"`
}

// Cost is what instances cost an hour; a lower bound where fewer than all are priced.
type Cost struct {
	Instances int    `json:"instances"`
	Priced    int    `json:"priced"`
	PerHour   Amount `json:"per_hour"`
}

// Group is what one region has of one GPU model. Both names are "" for all further groups together.
type Group struct {
	Region string `json:"region"`
	GPU    string `json:"gpu"`
	Figures
}

// Counts says how many instances changed since a date.
type Counts struct {
	Since   string `json:"since"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Changed int    `json:"changed"` // instances of which some field changed
}

// Amount is an exact amount, in JSON a string.
type Amount struct{ fleet.Money }

// MarshalJSON writes the amount's exact digits.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.String()) }

// UnmarshalJSON reads what MarshalJSON writes, 0 or more.
func (a *Amount) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return errForm
	}
	amount, err := fleet.ParseTotal(digits)
	if err != nil || amount.Sign() < 0 {
		return errForm
	}
	a.Money = amount
	return nil
}

// history is the form of data/history.json.
type history struct {
	Schema int `json:"schema"`
	Head
	Days []Entry `json:"days"`
}

// WriteHistory writes data/history.json, a day a line.
func WriteHistory(w io.Writer, head Head, days []Entry) error {
	var b bytes.Buffer
	if head.Hidden == nil {
		head.Hidden = []string{}
	}
	text, err := json.Marshal(history{Schema: historySchema, Head: head, Days: []Entry{}})
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
	_, err = w.Write(b.Bytes())
	return err
}

// MaxHistoryBytes bounds the file of a history that is read, maxEntries its days.
const (
	MaxHistoryBytes = 128 << 20
	maxEntries      = 2 * HistoryDays
)

// ReadHistory reads data/history.json. The error says what is wrong with it and quotes nothing of it.
func ReadHistory(content []byte) (Head, []Entry, error) {
	// No member of it is shorter: that bounds the memory which a hostile one takes, and names may hold what they like.
	const members = 20 * (MaxGroups + 1) * HistoryDays
	if len(content) > MaxHistoryBytes || bytes.Count(content, []byte(`":`)) > members {
		return Head{}, nil, errTooBig
	}
	// As with the manifest: compacting refuses what follows the value, and the json package's errors quote what they read.
	var compact bytes.Buffer
	if err := json.Compact(&compact, content); err != nil {
		return Head{}, nil, errNoJSON
	}
	decoder := json.NewDecoder(&compact)
	decoder.DisallowUnknownFields()
	var h history
	if err := decoder.Decode(&h); err != nil || h.Schema != historySchema || !h.Head.valid() || len(h.Days) > maxEntries {
		return Head{}, nil, errForm
	}
	for i, day := range h.Days {
		if !day.valid() || i > 0 && day.Date <= h.Days[i-1].Date {
			return Head{}, nil, fault(fmt.Sprintf("its day %d is not one of a history", i+1))
		}
	}
	return h.Head, h.Days, nil
}

func (e Entry) valid() bool {
	isFeed := e.Feed == "" || len(e.Feed) == 32 && strings.Trim(e.Feed, "0123456789abcdef") == ""
	isTaken := e.Taken.Location() == time.UTC && e.Taken.Nanosecond() == 0 && DateText(e.Taken) == e.Date
	return isFeed && isTaken && e.Figures.valid() && (e.Changes == nil || e.Changes.valid(e.Date)) &&
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
