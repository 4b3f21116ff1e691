package render

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// document is a parsed page.
type document struct {
	ids   map[string]int // how often each occurs
	links []string       // every address, in the order of the page
	all   []*html.Node   // every element
}

// addresses are the attributes whose value a browser may load or link to.
var addresses = []string{
	"href", "src", "srcset", "action", "formaction", "poster", "data", "cite", "ping", "background", "xlink:href",
}

func parse(t *testing.T, text string) document {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d := document{ids: map[string]int{}}
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		d.all = append(d.all, n)
		for _, a := range n.Attr {
			if key := strings.TrimPrefix(a.Namespace+":"+a.Key, ":"); slices.Contains(addresses, key) {
				d.links = append(d.links, a.Val)
			}
			if a.Key == "id" {
				d.ids[a.Val]++
			}
		}
	}
	return d
}

// TestLinks follows every link of every page of each site. It must lead to a file in the folder, named in full and
// reached without leaving the site, and to an existing anchor. Every page must be linked.
func TestLinks(t *testing.T) {
	for _, name := range siteNames {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, name)
			documents := map[string]document{}
			for page := range pagesIn(t, dir) {
				documents[page] = parse(t, readText(t, dir, page))
			}
			reached := map[string]bool{
				"index.html":        true,
				"404.html":          true,
				".nojekyll":         true,
				"manifest.json":     true,
				"data/history.json": true,
			}
			for page, d := range documents {
				for _, link := range d.links {
					target, problem := follow(dir, page, link, documents)
					if problem != "" {
						t.Errorf("%s links to %.200q, %s", page, link, problem)
					}
					if target != page {
						reached[target] = true
					}
				}
			}
			err := fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
				if err == nil && !entry.IsDir() && !reached[file] && path.Dir(file) != "data/snapshots" {
					t.Errorf("no page links to %s", file)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// follow returns the file that a link leads to, and what is wrong with the link.
func follow(dir, page, link string, documents map[string]document) (target, problem string) {
	to, err := url.Parse(link)
	if err != nil {
		return "", "which is no address"
	}
	if to.Scheme != "" || to.Host != "" || strings.HasPrefix(link, "/") || strings.HasPrefix(link, `\`) {
		return "", "which is not relative"
	}
	target = page
	if to.Path != "" {
		target = path.Join(path.Dir(page), to.Path)
		if path.Ext(to.Path) == "" {
			return target, "which names no file"
		}
	}
	info, err := os.Stat(path.Join(dir, target))
	switch {
	case !fs.ValidPath(target):
		return target, "which is outside the site"
	case err != nil || !info.Mode().IsRegular():
		return target, "which is not written"
	case to.Fragment != "" && documents[target].ids[to.Fragment] == 0:
		return target, "an anchor that is not there"
	}
	return target, ""
}

// TestDocumentsBuilt checks every page of each site against the requirements of browsers, search engines and the
// page's own policy.
func TestDocumentsBuilt(t *testing.T) {
	for _, name := range siteNames {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, name)
			for page := range pagesIn(t, dir) {
				text := readText(t, dir, page)
				if !strings.HasPrefix(strings.ToLower(text), "<!doctype html>") {
					t.Errorf("%s begins %.40q", page, text)
				}
				for _, problem := range parse(t, text).problems() {
					t.Errorf("%s: %s", page, problem)
				}
			}
		})
	}
}

// problems returns what is wrong with a document.
func (d document) problems() []string {
	var problems []string
	complain := func(format ...string) { problems = append(problems, strings.Join(format, " ")) }
	count := map[string]int{}
	var policy, loadsBefore, description bool
	var rules string // of the policy
	for _, n := range d.all {
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				complain("a", n.Data, "has", a.Key)
			}
		}
		count[n.Data]++
		switch n.Data {
		case "html":
			if attributes["lang"] == "" {
				complain("no language")
			}
		case "title":
			if n.Parent.Data == "head" && (n.FirstChild == nil || strings.TrimSpace(n.FirstChild.Data) == "") {
				complain("an empty title")
			}
		case "meta":
			content := attributes["content"]
			description = description || attributes["name"] == "description" && strings.TrimSpace(content) != ""
			if attributes["http-equiv"] == "Content-Security-Policy" {
				policy, rules = true, content
				if !strings.Contains(content, "default-src 'none'") || strings.Contains(content, "unsafe-") || loadsBefore {
					complain("a policy that lets too much pass, or too late:", content)
				}
			}
		case "link":
			loadsBefore = loadsBefore || !policy
		case "script":
			loadsBefore = loadsBefore || !policy
			src := attributes["src"]
			if src != "" && n.FirstChild != nil || src == "" && !named(rules, "script-src", n) {
				complain("a script in the page itself, which the policy does not name")
			}
		case "style":
			if !named(rules, "style-src", n) {
				complain("a style that the policy does not name")
			}
		case "base", "iframe", "frame", "object", "embed", "applet":
			complain("a", n.Data)
		}
	}
	for _, once := range []string{"html", "head", "body", "main", "h1"} {
		if count[once] != 1 {
			complain("not one", once)
		}
	}
	if !policy {
		complain("no Content-Security-Policy")
	}
	if !description {
		complain("no description")
	}
	if count["title"] == 0 {
		complain("no title")
	}
	for id, n := range d.ids {
		if n > 1 || id == "" {
			complain("the id", id, "is empty or not unique")
		}
	}
	return problems
}

// named reports whether a policy lets a page have a style or script in itself, by its hash.
func named(policy, directive string, n *html.Node) bool {
	if n.FirstChild == nil {
		return false
	}
	sum := sha256.Sum256([]byte(n.FirstChild.Data))
	return strings.Contains(policy, directive+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
}

// TestDocumentProblems checks that each problem is found.
func TestDocumentProblems(t *testing.T) {
	const head = `<!doctype html><html lang="en"><head>` +
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'">` +
		`<title>a</title><meta name="description" content="b"></head><body><main><h1>c</h1>`
	if got := parse(t, head).problems(); len(got) > 0 {
		t.Fatalf("a sound document has %q", got)
	}
	for _, text := range []string{
		strings.Replace(head, ` lang="en"`, "", 1),
		strings.Replace(head, "<title>a</title>", "", 1),
		strings.Replace(head, "<title>a", "<title>", 1),
		strings.Replace(head, "description", "keywords", 1),
		strings.Replace(head, "'none'", "'none' 'unsafe-inline'", 1),
		strings.Replace(head, "Content-Security-Policy", "x", 1),
		strings.Replace(head, "<meta", `<script src="a.js"></script><meta`, 1),
		strings.Replace(head, "h1", "h2", 1),
		head + "<h1>d</h1>",
		head + `<p style="color:red">`,
		head + `<p onclick="x()">`,
		head + "<script>x()</script>",
		head + `<i id="x"></i><i id="x"></i>`,
		head + "<style>p{}</style>",
	} {
		if len(parse(t, text).problems()) == 0 {
			t.Errorf("nothing is wrong with %s", text)
		}
	}
}
