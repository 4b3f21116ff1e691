package console

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpWidth is the number of columns that the help fits into.
const helpWidth = 100

// Example is the command that the help shows.
const Example = "gpufleet --token-file key.txt --out site"

// Help describes the program and its flags, in the order of their groups.
func Help(groups []Group) string {
	var b strings.Builder
	b.WriteString("gpufleet turns a GPU cloud's instance list into a website, a summary and an Excel workbook.\n" +
		"usage:   gpufleet [flags]\nexample: " + Example + "\n")
	for _, group := range groups {
		fmt.Fprintf(&b, "\n%s\n", group.Name)
		for _, flag := range group.Flags {
			describe(&b, flag)
		}
	}
	b.WriteString("\nWithout a flag, its environment variable counts: GPUFLEET_API_URL for --api-url, and so on.\n")
	return b.String()
}

// describe writes a flag, the placeholder of its value, its usage and its default, wrapped to helpWidth.
func describe(b *strings.Builder, flag cli.Flag) {
	name, usage := flag.Names()[0], flag.(cli.DocGenerationFlag).GetUsage()
	if parts := strings.SplitN(usage, "`", 3); len(parts) == 3 {
		name += " " + parts[1]
	}
	usage = strings.ReplaceAll(usage, "`", "")
	if text, ok := flag.(*cli.GenericFlag); ok && text.Value.String() != "" {
		usage += " (default " + text.Value.String() + ")"
	}
	line := fmt.Sprintf("  --%-21s ", name)
	indent := strings.Repeat(" ", len(line))
	for _, word := range strings.Fields(usage) {
		if len(line)+len(" ")+len(word) > helpWidth {
			b.WriteString(line + "\n")
			line = indent
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
