package fleet

import (
	"strconv"
	"strings"
)

// Counted returns a number with its noun: "1 instance", "1,234 instances".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return FormatCount(n) + " " + noun + "s"
}

// FormatCount returns a whole number for people: "1,234".
func FormatCount(n int) string { return GroupThousands(strconv.Itoa(n)) }

// GroupThousands inserts commas into the whole part of a number's digits: "1,234.5".
func GroupThousands(digits string) string {
	whole, fraction := digits, ""
	if point := strings.IndexByte(digits, '.'); point >= 0 {
		whole, fraction = digits[:point], digits[point:]
	}
	start := len(whole) - len(strings.TrimPrefix(whole, "-"))
	if len(whole)-start <= 3 {
		return digits
	}
	for at := len(whole) - 3; at > start; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return whole + fraction
}
