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

var figureCell = regexp.MustCompile(`<td class="num">[^<]*`)

// withCellAmounts marks the amounts among the figures of the summary. Names that look like an amount stay as they are.
func withCellAmounts(safe string) string { return figureCell.ReplaceAllStringFunc(safe, withAmounts) }

// amounts renders a text with its amounts marked.
func amounts(text string) templ.Component { return templ.Raw(withAmounts(templ.EscapeString(text))) }
