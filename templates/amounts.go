package templates

import (
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// amountOrTag matches an amount or another figure with a sign, or a tag, in HTML.
var amountOrTag = regexp.MustCompile(`<[^>]*>|` +
	`(?:(?:≥|&lt;) [+−]?(?:[$€£]|[A-Z]{3} )?|[+−]?(?:[$€£]|[A-Z]{3} ))\d[\d,]*(?:\.\d+)?(?:/h\b|/month\b|%)?`)

// withAmounts marks the amounts in safe HTML, so that no line breaks inside one. A browser would break after its sign
// or its currency.
func withAmounts(safe string) string {
	return amountOrTag.ReplaceAllStringFunc(safe, func(found string) string {
		if strings.HasPrefix(found, "<") {
			return found
		}
		return `<span class="amount">` + found + "</span>"
	})
}

// ownFigures matches what the summary says in figures: its cells, and the sentence on the spend.
var ownFigures = regexp.MustCompile(`(?:<td class="num">|<h2>Spend</h2>\s*<p>)[^<]*`)

// withOwnAmounts marks the amounts that the summary computes. Names that look like an amount stay as they are.
func withOwnAmounts(safe string) string { return ownFigures.ReplaceAllStringFunc(safe, withAmounts) }

// amounts renders a text with its amounts marked.
func amounts(text string) templ.Component { return templ.Raw(withAmounts(templ.EscapeString(text))) }
