package console

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gpufleet/fetch/exit"
)

// UsageError is a mistake in the flags, variables or files that the user gave.
type UsageError struct{ error }

func (u UsageError) Unwrap() error { return u.error }

// ExitCode returns exit.Usage, unless the wrapped error has its own code: a signal may have interrupted the reading of
// a file.
func (u UsageError) ExitCode() int { return exit.Or(u.error, exit.Usage) }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// variableName returns the name of the environment variable that sets a flag.
func variableName(flag string) string {
	return "GPUFLEET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// providerNames are environment variables of the provider's own tools. They are used if the flag's variable is unset.
var providerNames = map[string]string{"api-url": "API_URL"}

// Values reads flags, and the environment variables of flags that are not given.
type Values struct {
	*cli.Context
	Getenv func(string) string
	Err    error // the first mistake
}

// Variable returns the value of an environment variable, trimmed; "" if it is not set.
func (v *Values) Variable(name string) string { return strings.TrimSpace(v.Getenv(name)) }

// Text returns a flag's value, trimmed. An empty variable counts as unset.
func (v *Values) Text(name string) string {
	value := strings.TrimSpace(v.Context.String(name))
	found := v.environment(name)
	provided := providerNames[name]
	switch {
	case v.Context.IsSet(name) && value == "":
		v.Fail("--%s needs a value", name)
	case v.Context.IsSet(name):
	case found != "":
		value = found
	case provided != "":
		value = cmp.Or(v.Variable(provided), value)
	}
	v.checkPath(name, value)
	return value
}

// checkPath is CheckHome for the value of a flag, if the flag is for a path.
func (v *Values) checkPath(name, value string) {
	for _, flag := range v.Context.App.Flags {
		isPath := false
		switch flag := flag.(type) {
		case *cli.GenericFlag:
			isPath = flag.TakesFile
		case *cli.StringSliceFlag:
			isPath = flag.TakesFile
		}
		if isPath && flag.Names()[0] == name {
			v.CheckHome("--"+name, value)
		}
	}
}

// CheckHome fails if the path in a setting begins with a ~ that the shell has not replaced: in a variable of a service,
// in quotes, or after = in many shells. It would name a folder that is called "~".
func (v *Values) CheckHome(setting, path string) {
	if strings.HasPrefix(path, "~") {
		v.Fail("%s %s: the shell has not replaced ~ by your home folder; write the whole path, or $HOME in a shell "+
			"(for a name that begins with ~, write ./~)", setting, path)
	}
}

// Parse returns a flag's parsed value, or the zero value if there is none. An error of parse continues the flag's
// name: "must be a number".
func Parse[T any](v *Values, name string, parse func(string) (T, error)) T {
	return parseText(v, v.Text(name), "--"+name+" ", parse)
}

// Load is Parse for errors that don't continue the flag's name: "no such folder".
func Load[T any](v *Values, name string, load func(string) (T, error)) T {
	return parseText(v, v.Text(name), "--"+name+": ", load)
}

// ParseVariable is Parse for an environment variable that doesn't belong to a flag.
func ParseVariable[T any](v *Values, name string, parse func(string) (T, error)) T {
	return parseText(v, v.Variable(name), "$"+name+" ", parse)
}

func parseText[T any](v *Values, text, prefix string, parse func(string) (T, error)) (value T) {
	if text == "" {
		return value
	}
	value, err := parse(text)
	if err != nil {
		v.Fail("%s%w", prefix, err)
	}
	return value
}

// environment returns the value of a flag's variable. It returns "" if the flag, or one that excludes it, is on the
// command line.
func (v *Values) environment(name string, excludedBy ...string) string {
	for _, flag := range append(excludedBy, name) {
		if v.Context.IsSet(flag) {
			return ""
		}
	}
	return v.Variable(variableName(name))
}

// Switch returns whether a flag is set. If a flag that excludes it is on the command line, its variable is ignored.
func (v *Values) Switch(name string, excludedBy ...string) bool {
	found := v.environment(name, excludedBy...)
	if found == "" {
		return v.Context.Bool(name)
	}
	value, err := strconv.ParseBool(found)
	if err != nil {
		v.Fail("$%s must be true or false", variableName(name))
	}
	return value
}

// List returns the values of a repeatable flag, trimmed. Its variable has one value, which is ignored as in Switch.
func (v *Values) List(name string, excludedBy ...string) []string {
	var list []string
	for _, item := range v.Context.StringSlice(name) {
		if item = strings.TrimSpace(item); item == "" {
			v.Fail("--%s needs a value", name)
		}
		list = append(list, item)
	}
	if found := v.environment(name, excludedBy...); found != "" {
		list = []string{found}
	}
	for _, item := range list {
		v.checkPath(name, item)
	}
	return list
}

// Entries is List for a flag whose variable has entries with commas between them.
func (v *Values) Entries(name string, excludedBy ...string) []string {
	found := v.environment(name, excludedBy...)
	if found == "" {
		return v.List(name, excludedBy...)
	}
	list := strings.Split(found, ",")
	for i, item := range list {
		if list[i] = strings.TrimSpace(item); list[i] == "" {
			v.Fail("$%s has an empty entry", variableName(name))
		}
	}
	return list
}

// Fail sets Err, unless it is already set.
func (v *Values) Fail(format string, args ...any) {
	if v.Err == nil {
		v.Err = Usagef(format, args...)
	}
}
