// What H2SpecIT builds. The module of h2spec says no versions of what it uses: they are here.
module dev.teleprinter/tests

go 1.18

require (
	github.com/fatih/color v1.16.0
	github.com/spf13/cobra v1.8.0
	github.com/summerwind/h2spec v2.2.1+incompatible
	golang.org/x/net v0.17.0
)
