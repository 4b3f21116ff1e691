package fetch

import (
	"bufio"
	"mime"
	"net/http"
	"strings"
)

// isWebPage reports whether a reply is a web page, as gateways and login pages send in place of the API's JSON. JSON
// that is labelled as a page is not one. It leaves body as it is.
func isWebPage(header http.Header, body *bufio.Reader) bool {
	first := firstByte(body)
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return first == '<' || kind == "text/html" && first != '{'
}

// firstByte returns the first byte of a text after a byte order mark and blanks, without reading it. It returns 0 if
// there is none or if it comes late.
func firstByte(text *bufio.Reader) byte {
	const late = 512
	for n := 1; n <= late; n++ {
		start, err := text.Peek(n)
		if err != nil {
			return 0
		}
		if last := start[n-1]; strings.IndexByte(" \t\r\n\xEF\xBB\xBF", last) < 0 {
			return last
		}
	}
	return 0
}

// compressions are the names of content encodings.
var compressions = map[string]string{
	"br": "brotli", "deflate": "deflate", "zstd": "zstd", "gzip": "gzip", "x-gzip": "gzip", "compress": "compress",
}

// unaskedCompression returns the name of the compression of a body that is still compressed, "" if it isn't. net/http
// has already decompressed what the program asked for. Some servers label plain text with other encodings, such as
// utf-8, which change nothing.
func unaskedCompression(header http.Header) string {
	for _, list := range header.Values("Content-Encoding") {
		for encoding := range strings.SplitSeq(list, ",") {
			if name := compressions[strings.ToLower(strings.TrimSpace(encoding))]; name != "" {
				return name
			}
		}
	}
	return ""
}
