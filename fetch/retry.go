package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	maxAttempts   = 4  // of one request
	maxRetries    = 10 // of one run
	firstWait     = 500 * time.Millisecond
	longestWait   = 20 * time.Second
	maxRetryAfter = 60 * time.Second // longest Retry-After that is respected
	maxErrorReply = 64 << 10         // bytes read of an error reply
	// errorReplyTime limits the reading of an error reply, whose status is already known.
	errorReplyTime = 2 * time.Second
)

var errIdle = errors.New("no data for too long")

// get sends a GET and retries it until the body has been read, a retry can't help, or no retries are left. read is
// called once per attempt and must start from the beginning each time.
func (c *Client) get(ctx context.Context, address string, read func(io.Reader) error) error {
	for attempt := 1; ; attempt++ {
		failed := c.attempt(ctx, address, read)
		if failed == nil || ctx.Err() != nil {
			return errorOrCause(ctx, failed)
		}
		if !worthRetrying(failed) {
			return c.describe(failed, address)
		}
		if attempt == maxAttempts || c.retries == maxRetries {
			return withAttempts(c.describe(failed, address), attempt)
		}
		wait, err := c.waitBefore(ctx, attempt, failed, address)
		if err != nil {
			return err
		}
		c.retries++
		c.log("%v; attempt %d of %d in %v", c.describe(failed, address), attempt+1, maxAttempts, wait.Round(time.Millisecond))
		select {
		case <-c.after(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Client) describe(err error, address string) error {
	if c.Site {
		return describeSite(err, address)
	}
	return describe(err, address)
}

// waitBefore returns how long to wait before the next attempt: as long as Retry-After says, else a random part of a
// time that doubles, so that many clients don't retry at once. It returns an error if the wait would be too long.
func (c *Client) waitBefore(ctx context.Context, attempt int, err error, address string) (time.Duration, error) {
	var status *statusError
	asked := errors.As(err, &status) && status.retryAfter >= 0
	if !asked {
		return time.Duration(c.randomPart() * float64(min(longestWait, firstWait<<(attempt-1)))), nil
	}
	left := maxRetryAfter
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	if status.retryAfter > left {
		what := status.describe(address)
		if c.Site {
			what = status.describeSite(address)
		}
		return 0, errorf(BadAPI, "%s: the server asks to wait longer than this run can; try again later", what)
	}
	return status.retryAfter, nil
}

func (c *Client) after(wait time.Duration) <-chan time.Time {
	if c.wait != nil {
		return c.wait(wait)
	}
	return time.After(wait)
}

func (c *Client) randomPart() float64 {
	if c.random != nil {
		return c.random()
	}
	return rand.Float64()
}

// withAttempts adds the number of attempts to an error.
func withAttempts(err error, attempts int) error {
	var known *Error
	if attempts > 1 && errors.As(err, &known) {
		counted := *known
		counted.What = fmt.Sprintf("%s (tried %d times)", known.What, attempts)
		return &counted
	}
	return err
}

// worthRetrying reports whether the same request may succeed next time.
func worthRetrying(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		switch status.code {
		case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return isTimeout(err) || isCut(err) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errMismatch)
}

// isCut reports whether the connection was closed before the end of the reply.
func isCut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// retryAfter parses a Retry-After header, which is a number of seconds or an HTTP date. now is the time of the reply.
// It returns -1 if the header is missing or invalid, 0 for a date in the past.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header != "" && strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.Atoi(header)
		const far = 1_000_000
		if err != nil || seconds > far {
			seconds = far
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return -1
	}
	return max(0, date.Sub(now))
}
