package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// worker is a process that runs the program again and again. That takes a third of the time of a new process each time.
type worker struct {
	*exec.Cmd
	in      io.Closer // ends it
	tasks   *json.Encoder
	results *json.Decoder
}

type task struct {
	Args, Env []string
	Stdin     []byte
}

type result struct {
	Code           int
	Stdout, Stderr []byte
}

// Work is the main function of a worker. run is the program.
func Work(run Run) {
	tasks, results := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var t task
		if tasks.Decode(&t) != nil { // the tests have ended
			return
		}
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), append([]string{"gpufleet"}, t.Args...), t.getenv,
			bytes.NewReader(t.Stdin), &stdout, &stderr)
		results.Encode(result{code, stdout.Bytes(), stderr.Bytes()})
	}
}

// getenv returns the last value of a variable, as for processes.
func (t *task) getenv(name string) (value string) {
	for _, variable := range t.Env {
		if known, text, _ := strings.Cut(variable, "="); known == name {
			value = text
		}
	}
	return value
}

// idle are workers that wait for a task. There are as many as tests that run at the same time.
var idle = make(chan *worker, 1000)

// endWorkers ends the workers that wait for a task.
func endWorkers() {
	for range len(idle) {
		w := <-idle
		w.in.Close()
		w.Wait()
	}
}

// inWorker runs the program in a worker, which does one task at a time.
func (j job) inWorker(t testing.TB) outcome {
	t.Helper()
	var w *worker
	select {
	case w = <-idle:
	default:
		w = startWorker(t)
	}
	timer := time.AfterFunc(longest, func() { w.Process.Kill() })
	defer timer.Stop()
	ask := task{Args: j.args, Env: j.environment()}
	if j.stdin != nil {
		var err error
		if ask.Stdin, err = io.ReadAll(j.stdin); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	var r result
	err := w.tasks.Encode(ask)
	if err == nil {
		err = w.results.Decode(&r)
	}
	if err != nil {
		t.Fatalf("%q hangs or ends the process: %v", j.args, err)
	}
	idle <- w
	return outcome{r.Code, string(r.Stdout), string(r.Stderr), time.Since(start)}
}

// startWorker starts a worker.
func startWorker(t testing.TB) *worker {
	t.Helper()
	if err := watchSources(); err != nil {
		t.Fatal(err)
	}
	path, err := buildWorker()
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{Cmd: exec.Command(path)}
	w.Stderr = os.Stderr
	in, err := w.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.in, w.tasks, w.results = in, json.NewEncoder(in), json.NewDecoder(out)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}
