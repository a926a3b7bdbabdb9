//go:build tools

// Package toxiproxy names what `go mod tidy` has to keep in go.mod: the server, which is built by its own path.
package toxiproxy

import _ "github.com/Shopify/toxiproxy/v2/cmd/server"
