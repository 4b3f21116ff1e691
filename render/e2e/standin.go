package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// standIns is the key of a script's servers, a map[string]*standIn by the variable that has the address.
type standIns struct{}

// standIn is a server that replaces the API or a published site.
type standIn struct {
	mu sync.Mutex
	// answers by the end of a path, perhaps with @ and a token; "" for all other requests. They are given in order, and
	// the last one is repeated.
	answers map[string][]answer
	ahead   time.Duration // how much its clock is ahead
	asked   chan struct{} // not empty once a request waits for an answer that never comes
}

type answer struct {
	code   int
	body   string
	folder string // to serve files from, or ""
	silent bool
}

// startServer starts a server that lasts until the script ends, and puts its address into a variable.
func startServer(ts *testscript.TestScript, _ bool, args []string) {
	s := &standIn{answers: map[string][]answer{}, asked: make(chan struct{}, 1)}
	closed := false
	for _, arg := range args[1:] {
		path, text, found := strings.Cut(arg, "=")
		if !found {
			path, text = "", arg
		}
		if path == "clock" {
			ahead, err := time.ParseDuration(text)
			ts.Check(err)
			s.ahead = ahead
			continue
		}
		if text == "closed" {
			closed = true
			continue
		}
		s.answers[path] = append(s.answers[path], newAnswer(ts, text))
	}
	server := httptest.NewServer(s)
	if closed {
		server.Close()
	}
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Setenv(args[0], server.URL)
	ts.Value(standIns{}).(map[string]*standIn)[args[0]] = s
}

func newAnswer(ts *testscript.TestScript, text string) answer {
	if text == "silent" {
		return answer{silent: true}
	}
	if info, err := os.Stat(ts.MkAbs(text)); err == nil && info.IsDir() {
		return answer{folder: ts.MkAbs(text)}
	}
	first, file, _ := strings.Cut(text, ":")
	code, err := strconv.Atoi(first)
	if err != nil {
		code, file = http.StatusOK, text
	}
	if file == "" {
		return answer{code: code}
	}
	return answer{code: code, body: ts.ReadFile(file)}
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	a := s.next(request.URL.Path, strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
	w.Header().Set("Date", time.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
	switch {
	case a.silent:
		select {
		case s.asked <- struct{}{}:
		default:
		}
		<-request.Context().Done()
	case a.folder != "":
		http.FileServer(http.Dir(a.folder)).ServeHTTP(w, request)
	default:
		w.WriteHeader(a.code)
		io.WriteString(w, a.body)
	}
}

// next returns the answer to a request: 404 if none is planned. The longest end of a path and token that fits counts.
func (s *standIn) next(path, token string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := ""
	for known := range s.answers {
		knownEnd, knownToken, hasToken := strings.Cut(known, "@")
		if strings.HasSuffix(path, knownEnd) && (!hasToken || knownToken == token) && len(known) > len(end) {
			end = known
		}
	}
	planned := s.answers[end]
	if len(planned) == 0 {
		return answer{code: http.StatusNotFound}
	}
	if len(planned) > 1 {
		s.answers[end] = planned[1:]
	}
	return planned[0]
}
