package data

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report/reporttest"
)

func randomFleet(random *rand.Rand) []*fleet.Instance {
	var list []*fleet.Instance
	for id := range 12 {
		if random.IntN(4) == 0 {
			continue
		}
		in := &fleet.Instance{ID: fmt.Sprint(id), Region: "A", GPU: "=cmd", HostName: "<b>&",
			GPUCount: fleet.Known(float64(random.IntN(2))),
			Status:   []string{"Running", "Stopped", "Deleted", "Booked"}[random.IntN(4)]}
		if price, err := fleet.ParseMoney([]string{"", "0.1", "1e-20", "3.333333333333"}[random.IntN(4)]); err == nil {
			in.Price = fleet.Known(price)
		}
		if random.IntN(6) == 0 {
			in.ID = ""
		}
		list = append(list, in)
	}
	return list
}

// An effect that a missing price hides is null. One that is really 0 stays 0.
func TestUnknownDeltaIsNull(t *testing.T) {
	fleetOf := func(status, name string) []*fleet.Instance {
		return []*fleet.Instance{{ID: "1", HostName: name, Region: "A", Status: status}}
	}
	const nothing = `"price_per_hour_delta":"0","running_per_hour_delta":"0","listed_per_hour_delta":"0"}`
	for name, test := range map[string]struct {
		before, after []*fleet.Instance
		want          string
	}{
		"status": {fleetOf("Running", "a"), fleetOf("Stopped", "a"),
			`"running_per_hour_delta":null,"listed_per_hour_delta":"0"}`},
		"deleted": {fleetOf("Running", "a"), fleetOf("Deleted", "a"),
			`"price_per_hour_delta":null,"running_per_hour_delta":null,"listed_per_hour_delta":null}`},
		"added":   {nil, fleetOf("Stopped", "a"), `"running_per_hour_delta":"0","listed_per_hour_delta":null}`},
		"removed": {fleetOf("Running", "a"), nil, `"running_per_hour_delta":null,"listed_per_hour_delta":null}`},
		"name":    {fleetOf("Running", "a"), fleetOf("Running", "b"), nothing},
	} {
		text := written(t, WriteChangesJSON, reporttest.Later(t, test.before, test.after))
		if !strings.Contains(text, test.want) {
			t.Errorf("%s: %s lacks %s", name, text, test.want)
		}
	}
}

// TestChangesJSONAddsUp reads changes.json as another program would: the entries add up to the change of both totals,
// listed prices of added instances, minus those of removed ones, are their effects. The older name is the listed one.
func TestChangesJSONAddsUp(t *testing.T) {
	type deltas struct {
		Older   *string `json:"price_per_hour_delta"`
		Running string  `json:"running_per_hour_delta"`
		Listed  string  `json:"listed_per_hour_delta"`
	}
	type member struct {
		Price    *string `json:"price_per_hour"`
		IsListed *bool   `json:"listed"`
		deltas
	}
	type window struct {
		Added, Removed []member
		Changed        []struct{ deltas }
		deltas
		WithoutID struct{ deltas } `json:"without_id"`
	}
	add := func(total *big.Rat, amount string, sign int64) {
		value, ok := new(big.Rat).SetString(amount)
		if amount != "" && !ok {
			t.Fatalf("%q is no amount", amount)
		}
		if ok {
			total.Add(total, value.Mul(value, big.NewRat(sign, 1)))
		}
	}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 7))
		r := reporttest.Later(t, randomFleet(random), randomFleet(random))
		var got struct {
			LastRun window `json:"since_last_run"`
		}
		if err := json.Unmarshal([]byte(written(t, WriteChangesJSON, r)), &got); err != nil {
			t.Fatal(err)
		}
		running, listed := new(big.Rat), new(big.Rat)
		addBoth := func(d deltas, sign int64) {
			add(running, d.Running, sign)
			add(listed, d.Listed, sign)
			if d.Older != nil && *d.Older != d.Listed {
				t.Fatalf("seed %d: price_per_hour_delta %s is not the listed %s", seed, *d.Older, d.Listed)
			}
		}
		for sign, members := range map[int64][]member{1: got.LastRun.Added, -1: got.LastRun.Removed} {
			for _, m := range members {
				effect := new(big.Rat)
				if add(effect, m.Listed, -1); m.Price != nil && m.IsListed == nil {
					add(effect, *m.Price, sign)
				}
				if effect.Sign() != 0 {
					t.Fatalf("seed %d: listed_per_hour_delta %s doesn't follow from the price", seed, m.Listed)
				}
				addBoth(m.deltas, 1)
			}
		}
		for _, change := range got.LastRun.Changed {
			addBoth(change.deltas, 1)
		}
		addBoth(got.LastRun.WithoutID.deltas, 1)
		addBoth(got.LastRun.deltas, -1)
		if running.Sign() != 0 || listed.Sign() != 0 {
			t.Fatalf("seed %d: the entries are off by %s running, %s listed", seed, running.FloatString(30),
				listed.FloatString(30))
		}
	}
}

// TestFeedIsAtom checks that the feed has what RFC 4287 requires, with any title.
func TestFeedIsAtom(t *testing.T) {
	r := reporttest.Later(t, randomFleet(rand.New(rand.NewPCG(1, 7))), randomFleet(rand.New(rand.NewPCG(2, 7))))
	r.Title = `<&"']]>`
	text := written(t, WriteFeed, r)
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	var feed struct {
		XMLName xml.Name
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Author  string `xml:"author>name"`
		Links   []link `xml:"link"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(text), &feed); err != nil {
		t.Fatal(err)
	}
	_, err := time.Parse(time.RFC3339, feed.Updated)
	if feed.XMLName.Space != "http://www.w3.org/2005/Atom" || feed.XMLName.Local != "feed" || err != nil ||
		feed.ID == "" || feed.Author == "" || len(feed.Links) != 1 ||
		!strings.HasPrefix(feed.Title, r.Title) || len(feed.Entries) != 1 {
		t.Errorf("%+v\n%s", feed, text)
	}
	for _, e := range feed.Entries {
		if e.ID == "" || e.ID == feed.ID || e.Title == "" || e.Updated != feed.Updated || e.Content == "" {
			t.Errorf("%+v", e)
		}
	}
}
