package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// naughty returns the texts that every field shows unchanged, without duplicates. Blank and shortened texts are not
// among them.
func naughty(t testing.TB) (once []string) {
	t.Helper()
	own, more := Texts(t)
	seen := map[string]bool{}
	for _, text := range slices.Concat(own, more) {
		if clean := cleaned(text.Text); clean != "" && !strings.HasSuffix(clean, "…") && !seen[clean] {
			seen[clean] = true
			once = append(once, text.Text)
		}
	}
	return once
}

// cleaned returns a text as the report should show it. It states the rule a second time, independent of the program.
func cleaned(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("\t\n\r\u0085\u2028\u2029", r):
			return ' '
		case unicode.IsControl(r),
			r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, // direction
			r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE: // not characters
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	if runes := []rune(text); len(runes) > 256 {
		text = strings.TrimSpace(string(runes[:255])) + "…"
	}
	return text
}

// textFields are the text fields of a row.
var textFields = []string{"region", "product_type", "host_name", "gpu", "gpu_type", "public_ipv4", "os", "status"}

// rowOf returns a row with a text in each of its text fields.
func rowOf(id, text string) string {
	row := map[string]any{"id": id, "gpu_count": 1, "price_per_hour": 1}
	for _, field := range textFields {
		row[field] = text
	}
	line, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	return string(line)
}

// harmless returns n different texts without special characters. None is an address, so their slugs have the usual
// length.
func harmless(n int) []string {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("plain text %c%c", 'a'+i/26%26, 'a'+i%26))
	}
	return texts
}

// ownersOf returns the texts as owners. A text that an owner may not have is replaced by a harmless one.
func ownersOf(texts []string) (owners []string) {
	for i, text := range texts {
		owner := strings.TrimSpace(text)
		if cleaned(text) != owner || !mayBeOwner(owner) {
			owner = fmt.Sprint("owner ", i)
		}
		owners = append(owners, owner)
	}
	return owners
}

// mayBeOwner reports whether a text certainly has no invisible character and no address, and isn't reserved.
func mayBeOwner(text string) bool {
	digits, colons, others := 0, 0, 0
	for _, r := range text {
		switch {
		case r == ' ', unicode.Is(unicode.Latin, r), unicode.Is(unicode.Han, r), unicode.Is(unicode.Arabic, r) && r != 0x61C:
		case unicode.IsDigit(r):
			digits++
		case r == ':':
			colons++
		case unicode.IsPunct(r), unicode.IsSymbol(r) && r != 0x2800: // an empty Braille pattern is invisible
			others++
		default:
			return false
		}
	}
	return colons < 2 && (digits < 4 || others < 3) && !strings.EqualFold(text, unassigned) &&
		!strings.EqualFold(text, "other")
}

// siteOf renders one instance per text, with the text in all of its fields and as its owner, over an earlier report, so
// that every page has content. The instances of the first three texts were in the earlier report under other names.
// Each owner has a budget.
func siteOf(t testing.TB, texts []string, args ...string) (outcome, map[string]string) {
	t.Helper()
	out := quickDir(t) + "/out"
	var before, now []string
	var file strings.Builder
	table := csv.NewWriter(&file)
	table.Write([]string{"id", "owner"})
	owners := ownersOf(texts)
	add := func(i int, id string) {
		now = append(now, rowOf(id, texts[i]))
		table.Write([]string{id, owners[i]})
		args = append(args, "--budget", owners[i]+"=1")
	}
	for i := range 3 {
		before = append(before, rowOf(fmt.Sprint("before-", i), fmt.Sprint("before ", i)))
		add(i, fmt.Sprint("before-", i))
	}
	earlier := job{
		args:  []string{"--input", "-", "--out", out},
		env:   []string{"SOURCE_DATE_EPOCH=1795000000"},
		stdin: strings.NewReader(reply(before...)),
	}.run(t)
	if earlier.code != 0 {
		t.Fatal(earlier.stderr)
	}
	for i, text := range texts[3:] {
		id := text
		// Such a text can't be shown as an ID and would be left out, or it matches others in the owner file.
		if cleaned(text) != strings.TrimSpace(text) || strings.ContainsAny(text, "*\uFFFD") {
			id = fmt.Sprint("id-", i)
		}
		add(i+3, id)
	}
	table.Flush()
	args = append(args, "--owners", write(t, filepath.Join(quickDir(t), "owners.csv"), file.String()))
	o := renderTo(t, out, reply(now...), args...)
	if strings.Contains(o.stderr, "unused row") {
		t.Errorf("an owner has no instance: %s", o.stderr)
	}
	return o, contents(t, out)
}

// batch is the number of texts in a site. batchBytes is the most bytes of other than harmless texts with which the
// summary isn't shortened.
const (
	batch        = 36
	batchBytes   = 800
	wholeSummary = 60_000 // bytes
)

// batches calls do with a few texts at a time: enough for varied pages, and few enough for a page each.
func batches(t *testing.T, do func(t *testing.T, texts []string)) {
	t.Helper()
	all := naughty(t)
	slices.SortFunc(all, func(a, b string) int { return len(a) - len(b) }) // long ones together
	for len(all) > 0 {
		n, size := 0, 0
		for n < min(batch, len(all)) && (n == 0 || size+len(all[n]) <= batchBytes) {
			size += len(all[n])
			n++
		}
		texts := slices.Concat(all[:n], harmlessRest[:batch-n])
		t.Run(fmt.Sprintf("%d left", len(all)), func(t *testing.T) {
			t.Parallel()
			do(t, texts)
		})
		all = all[n:]
	}
}

var harmlessRest = func() (texts []string) {
	for i := range batch {
		texts = append(texts, fmt.Sprintf("rest %c%c", 'a'+i/26, 'a'+i%26))
	}
	return texts
}()

// TestTextStaysText puts every naughty text into every field. Each page must have the same tree as with harmless
// texts and show each text unchanged. Feeds and the parts of the workbook must have the same XML, and the workbook
// the same formulas.
func TestTextStaysText(t *testing.T) {
	_, plain := siteOf(t, harmless(batch), "--audience", "internal")
	wantPages, wantXML := skeletons(t, plain)
	if len(wantPages["index.html"]) == 0 || len(wantPages["regions/*/*/index.html"]) == 0 {
		t.Fatal("no pages are compared")
	}
	batches(t, func(t *testing.T, texts []string) {
		_, files := siteOf(t, texts, "--audience", "internal")
		pages, parts := skeletons(t, files)
		if size := len(files["summary.md"]); size > wholeSummary {
			t.Errorf("the summary has %d bytes: one so long may leave out rows, and so may what is made of it", size)
		}
		for name, trees := range pages {
			for tree, page := range trees {
				if wantPages[name][tree] == "" {
					want := slices.Collect(maps.Keys(wantPages[name]))
					t.Errorf("%s: its tree differs from those of harmless texts:\n%s", page, firstDifference(tree, want))
				}
			}
		}
		if diff := mapDiff(wantXML, parts); diff != "" {
			t.Error(diff)
		}
		for page, texts := range map[string][]string{
			"instances/index.html": texts, "owners/index.html": ownersOf(texts),
		} {
			shown := strings.Join(strings.Fields(withoutCodePoints(textOf(t, files[page]))), " ")
			for _, text := range texts {
				want := strings.Join(strings.Fields(cleaned(text)), " ")
				if !strings.Contains(shown, want) {
					t.Errorf("%s does not show %q as itself", page, text)
				}
			}
		}
	})
}

// TestBlankAndLongTexts puts the texts that naughty leaves out into every field. A blank text counts as missing.
// Pages and CSV show the beginning of a long one.
func TestBlankAndLongTexts(t *testing.T) {
	own, _ := Texts(t)
	var long, rows []string
	_, none := render(t, reply(rowOf("1", "")))
	blanks, want := 0, plainContents(t, none)
	for _, text := range own {
		switch clean := cleaned(text.Text); {
		case clean == "":
			blanks++
			_, out := render(t, reply(rowOf("1", text.Text)))
			if files := plainContents(t, out); !maps.Equal(want, files) {
				t.Errorf("%s does not count as none:\n%s", text.About, mapDiff(want, files))
			}
		case strings.HasSuffix(clean, "…"):
			long = append(long, clean)
			rows = append(rows, rowOf(fmt.Sprint("id-", len(long)), text.Text))
		}
	}
	_, out := render(t, reply(rows...), "--audience", "internal")
	files := plainContents(t, out)
	page := textOf(t, files["instances/index.html"])
	table, err := csv.NewReader(strings.NewReader(files["data/instances.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cells := slices.Concat(table...)
	for _, text := range long {
		if !strings.Contains(page, text) || !slices.Contains(cells, text) && !slices.Contains(cells, "'"+text) {
			t.Errorf("%.20q… does not show, or not up to its cut", text)
		}
	}
	if blanks < 4 || len(long) < 9 {
		t.Errorf("only %d blank texts and %d long ones", blanks, len(long))
	}
}

// skeletons returns the trees of all pages by their general names, and the XML of all parts without its texts.
func skeletons(t testing.TB, files map[string]string) (pages map[string]map[string]string, parts map[string]string) {
	t.Helper()
	pages, parts = map[string]map[string]string{}, map[string]string{}
	for name, text := range files {
		switch path.Ext(name) {
		case ".html":
			tree, err := html.Parse(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			general := generalName(name)
			if pages[general] == nil {
				pages[general] = map[string]string{}
			}
			pages[general][skeleton(t, name, tree)] = name
		case ".xml", ".rels":
			parts[name] = xmlSkeleton(t, name, text)
			if strings.HasSuffix(name, "/styles.xml") { // texts that look like formulas have their own style
				delete(parts, name)
			}
		}
	}
	return pages, parts
}

var groupFolder = regexp.MustCompile(`^(regions|models|owners)/[a-z0-9-]+/([a-z0-9-]+/)?`)

// generalName returns a path with stars for the parts that depend on regions, models and owners.
func generalName(name string) string {
	return groupFolder.ReplaceAllStringFunc(name, func(folder string) string {
		return strings.SplitN(folder, "/", 2)[0] + strings.Repeat("/*", strings.Count(folder, "/")-1) + "/"
	})
}

// heat matches the class of a cell of the matrix, which depends on its figure. The order of the names decides which
// cell is which.
var heat = regexp.MustCompile(`heat-[0-9]+`)

// dataTime matches the part of an address that differs between the explorer's data of two runs.
var dataTime = regexp.MustCompile(`\?\d{8}T\d{6}Z$`)

// filterQuery matches the query of an address on the Instances page. Its values are names.
var filterQuery = regexp.MustCompile(`(instances/index\.html)\?((gpu|owner|region|status)=[0-9A-Za-z%+._~-]*(&|$))+$`)

// skeleton returns a tree's elements and attributes, and those values of attributes that can't come from a name. It
// fails on anything that no page may have.
func skeleton(t testing.TB, page string, n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
			return
		case html.CommentNode:
			b.WriteString("<!-->")
		case html.ElementNode:
			if n.Data == "code" { // in the summary, around text that is not a plain word
				break
			}
			b.WriteString("\n<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
				switch {
				case strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: <%s> has %s", page, n.Data, a.Key)
				case a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "srcset":
					address := filterQuery.ReplaceAllString(dataTime.ReplaceAllString(a.Val, ""), "$1")
					unsafe := strings.Trim(address, "abcdefghijklmnopqrstuvwxyz0123456789-/.#")
					if unsafe != "" || strings.Contains(a.Val, "//") || strings.HasPrefix(a.Val, "/") {
						t.Errorf("%s: <%s> links to %q", page, n.Data, a.Val)
					}
				case a.Key == "class" || a.Key == "type" || a.Key == "rel" || a.Key == "http-equiv" || a.Key == "style":
					b.WriteString("=" + heat.ReplaceAllString(a.Val, "heat"))
				}
			}
			b.WriteString(">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Data != "code" {
			b.WriteString("</>")
		}
	}
	walk(n)
	return b.String()
}

func textOf(t testing.TB, document string) string {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range tree.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// xmlSkeleton returns the elements of XML, and all of its formulas and addresses.
func xmlSkeleton(t testing.TB, name, text string) string {
	t.Helper()
	var b strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(text))
	var open []string
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Errorf("%s is no XML: %v", name, err)
			return b.String()
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			b.WriteString("\n<" + token.Name.Local)
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "href", "Target", "TargetMode", "location", "t", "Type":
					b.WriteString(" " + a.Name.Local + "=" + a.Value)
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
			b.WriteString("</>")
		case xml.CharData:
			if len(open) == 0 {
				break
			}
			element := open[len(open)-1]
			if element == "f" || strings.HasPrefix(element, "formula") || element == "definedName" {
				b.WriteString("=" + string(token))
			}
		}
	}
}

// firstDifference shows where a text begins to differ from the most similar of the expected ones.
func firstDifference(got string, wants []string) string {
	most, best := 0, ""
	for _, want := range wants {
		n := 0
		for n < min(len(got), len(want)) && got[n] == want[n] {
			n++
		}
		if n >= most {
			most, best = n, want
		}
	}
	from := max(0, most-150)
	return fmt.Sprintf("got  %.300s\nwant %.300s", got[from:], best[min(from, len(best)):])
}

func mapDiff(want, got map[string]string) string {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, there := got[name]; !there {
			fmt.Fprintf(&b, "%s is not there\n", name)
		} else if want[name] != got[name] {
			fmt.Fprintf(&b, "%s differs:\n%s\n", name, firstDifference(got[name], []string{want[name]}))
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			fmt.Fprintf(&b, "%s should not be there\n", name)
		}
	}
	return b.String()
}

// quoted returns a text as a JSON string.
func quoted(text string) string {
	line, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(line)
}

var codePoint = regexp.MustCompile(`\[U\+[0-9A-F]{4,6}\]`)

// withoutCodePoints returns a page's text with the invisible characters that it shows by their code points.
func withoutCodePoints(text string) string {
	return codePoint.ReplaceAllStringFunc(text, func(shown string) string {
		number, _ := strconv.ParseInt(strings.Trim(shown, "[U+]"), 16, 32)
		return string(rune(number))
	})
}
