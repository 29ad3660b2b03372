// Go's client over HTTP/2: sends each request `repeat` times and counts what came.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type cell struct {
	Name    string            `json:"name"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Bytes   int               `json:"bytes"`
}

type result struct {
	Name string         `json:"name"`
	Seen map[string]int `json:"seen"`
}

var spec struct {
	URL, CA, Prefix, Suffix string
	Repeat                  int
	Cells                   []cell
}

func content(length int) []byte {
	if length <= 100 {
		return []byte("{}"[:length])
	}
	fill := bytes.Repeat([]byte("x"), length-len(spec.Prefix)-len(spec.Suffix))
	return append(append([]byte(spec.Prefix), fill...), spec.Suffix...)
}

func send(client *http.Client, of cell, body []byte) string {
	request, err := http.NewRequest("POST", spec.URL+of.Path, bytes.NewReader(body))
	if err != nil {
		return "error " + err.Error()
	}
	for name, value := range of.Headers {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return "error " + err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "error " + err.Error()
	}
	return fmt.Sprintf("%s %d %s", answer.Proto, answer.StatusCode, text)
}

func main() {
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		panic(err)
	}
	pem, err := os.ReadFile(spec.CA)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	var results []result
	for _, of := range spec.Cells {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		client := &http.Client{Transport: transport}
		seen, body := map[string]int{}, content(of.Bytes)
		for turn := 0; turn < spec.Repeat; turn++ {
			seen[send(client, of, body)]++
		}
		transport.CloseIdleConnections()
		results = append(results, result{of.Name, seen})
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
