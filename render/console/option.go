package console

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gpufleet/fetch/exit"
)

// Group is a group of flags as the help shows them.
type Group struct {
	Name  string
	Flags []cli.Flag
}

// UsageError is a mistake in what the user gave.
type UsageError struct{ error }

func (u UsageError) Unwrap() error { return u.error }

// ExitCode returns that of what is wrapped, which may be a signal that came while a file was read, else exit.Usage.
func (u UsageError) ExitCode() int { return exit.Or(u.error, exit.Usage) }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// environmentName returns the name under which the environment may hold a flag's value.
func environmentName(flag string) string {
	return "GPUFLEET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// olderNames are environment names that other tools of the provider use, read where the flag's own is unset.
var olderNames = map[string]string{"api-url": "API_URL"}

// Values reads flags and, where one is not given, its environment variable. The first mistake is kept.
type Values struct {
	*cli.Context
	Getenv func(string) string
	Err    error
}

// Variable returns the value of an environment variable, trimmed; "" if it is not set.
func (v *Values) Variable(name string) string { return strings.TrimSpace(v.Getenv(name)) }

// Text returns a flag's value, trimmed. A variable that is set but empty counts as unset.
func (v *Values) Text(name string) string {
	value := strings.TrimSpace(v.Context.String(name))
	if v.Context.IsSet(name) {
		if value == "" {
			v.Fail("--%s needs a value", name)
		}
		return value
	}
	if found := v.environment(name); found != "" {
		return found
	}
	if older := olderNames[name]; older != "" {
		return cmp.Or(v.Variable(older), value)
	}
	return value
}

// Parse returns what parse makes of a flag's value, and the zero value where there is none. An error of parse goes on
// from the flag's name: "must be a number".
func Parse[T any](v *Values, name string, parse func(string) (T, error)) T {
	return parseText(v, v.Text(name), "--"+name+" ", parse)
}

// Load is as Parse, but an error of load is a sentence of its own: "no such folder".
func Load[T any](v *Values, name string, load func(string) (T, error)) T {
	return parseText(v, v.Text(name), "--"+name+": ", load)
}

// ParseVariable is as Parse, for an environment variable that is no flag's.
func ParseVariable[T any](v *Values, name string, parse func(string) (T, error)) T {
	return parseText(v, v.Variable(name), "$"+name+" ", parse)
}

func parseText[T any](v *Values, text, about string, parse func(string) (T, error)) (value T) {
	if text == "" {
		return value
	}
	value, err := parse(text)
	if err != nil {
		v.Fail("%s%w", about, err)
	}
	return value
}

// environment returns what a flag's variable says, "" where the flag was typed, or a rival of it, which makes the
// variable void.
func (v *Values) environment(name string, rivals ...string) string {
	for _, typed := range append(rivals, name) {
		if v.Context.IsSet(typed) {
			return ""
		}
	}
	return v.Variable(environmentName(name))
}

// Switch returns whether a flag is set.
func (v *Values) Switch(name string, rivals ...string) bool {
	found := v.environment(name, rivals...)
	if found == "" {
		return v.Context.Bool(name)
	}
	value, err := strconv.ParseBool(found)
	if err != nil {
		v.Fail("$%s is neither true nor false", environmentName(name))
	}
	return value
}

// List returns a repeatable flag's values, trimmed. A variable holds one.
func (v *Values) List(name string, rivals ...string) []string {
	var list []string
	for _, item := range v.Context.StringSlice(name) {
		if item = strings.TrimSpace(item); item == "" {
			v.Fail("--%s needs a value", name)
		}
		list = append(list, item)
	}
	if found := v.environment(name, rivals...); found != "" {
		list = []string{found}
	}
	return list
}

// Fail keeps a mistake, unless there was one before.
func (v *Values) Fail(format string, args ...any) {
	if v.Err == nil {
		v.Err = Usagef(format, args...)
	}
}

// Help returns what the program is for and its flags, in the order of their groups.
func Help(purpose string, groups []Group) string {
	var b strings.Builder
	b.WriteString(purpose + "\n\nusage: gpufleet [flags]\n")
	for _, group := range groups {
		fmt.Fprintf(&b, "\n%s\n", group.Name)
		for _, flag := range group.Flags {
			described := flag.(cli.DocGenerationFlag)
			placeholder, usage := "", described.GetUsage()
			if parts := strings.SplitN(usage, "`", 3); len(parts) == 3 {
				placeholder = " " + parts[1]
			}
			usage = strings.ReplaceAll(usage, "`", "")
			if fallback, ok := flag.(*cli.StringFlag); ok && fallback.Value != "" {
				usage += " (default " + fallback.Value + ")"
			}
			fmt.Fprintf(&b, "  --%-22s  %s\n", flag.Names()[0]+placeholder, usage)
		}
	}
	b.WriteString("\nEvery flag but --help and --version may stand in the environment instead: " +
		"--api-url as GPUFLEET_API_URL, and so on.\n")
	return b.String()
}
