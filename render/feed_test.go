package render

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestFeedEntriesLinkToTheirDay checks that each entry of the feed leads to a row of its own, and no two to the same.
func TestFeedEntriesLinkToTheirDay(t *testing.T) {
	for _, name := range siteNames {
		dir := folderOf(t, name)
		var feed struct {
			Entries []struct {
				Title string `xml:"title"`
				Link  struct {
					Href string `xml:"href,attr"`
				} `xml:"link"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(readText(t, dir, "feed.xml")), &feed); err != nil {
			t.Fatal(err)
		}
		if len(feed.Entries) == 0 && name != "empty" {
			t.Errorf("%s: the feed is empty", name)
		}
		documents := map[string]document{"spend/index.html": parse(t, readText(t, dir, "spend/index.html"))}
		seen := map[string]bool{}
		for _, e := range feed.Entries {
			link := e.Link.Href
			if _, problem := follow(dir, "feed.xml", link, documents); problem != "" {
				t.Errorf("%s: %s links to %s, %s", name, e.Title, link, problem)
			}
			date, _, _ := strings.Cut(e.Title, ":")
			if !strings.HasSuffix(link, "#day-"+date) || seen[link] {
				t.Errorf("%s: %s links to %s", name, e.Title, link)
			}
			seen[link] = true
		}
	}
}
