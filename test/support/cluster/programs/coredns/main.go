// CoreDNS with the plugins that a cluster's name server needs, and without those for clouds, caches and zones.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() {
	// The order in which plugins see a query: https://coredns.io/2017/03/01/how-to-add-plugins-to-coredns/
	dnsserver.Directives = []string{"bind", "errors", "kubernetes"}
	coremain.Run()
}
