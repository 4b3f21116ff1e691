package data

import (
	"encoding/xml"
	"io"
	"strings"
	"time"

	"gpufleet/render/report"
)

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Maker   string      `xml:"generator"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Content atomText `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// WriteFeed writes feed.xml (RFC 4287). With a BaseURL its links are absolute, and it links to itself.
func WriteFeed(w io.Writer, r *report.Report) error {
	base := ""
	if r.BaseURL != "" {
		base = r.BaseURL + "/"
	}
	page := atomLink{"alternate", "text/html", base + report.ChangesPath}
	feed := r.Feed()
	atom := atomFeed{ID: feed.ID, Title: feed.Title, Updated: atomTime(feed.Updated), Author: "gpufleet",
		Maker: "gpufleet", Links: []atomLink{page}}
	if base != "" {
		atom.Links = append(atom.Links, atomLink{"self", "application/atom+xml", base + report.FeedPath})
	}
	for _, e := range feed.Entries {
		link := atomLink{"alternate", "text/html", base + e.Path}
		atom.Entries = append(atom.Entries, atomEntry{e.ID, e.Title, atomTime(e.Updated), link,
			atomText{"text", strings.Join(e.Lines, "\n")}})
	}
	text, err := xml.MarshalIndent(atom, "", " ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
