#!/bin/sh
#
# The client's names in everyone's PATH: made, made anew, and taken away, and
# what is another's, say a LavaVisor in Go, is left alone.

. "${TOP:-.}/regress/lib.sh"

D=$REGRESS_DIR/dest
SBINDIR=/usr/local/sbin
BINDIR=/usr/local/bin
export D SBINDIR BINDIR
mkdir -p "$D$SBINDIR" "$D$BINDIR"

links() {
	sh "$TOP/mk/install-links.sh" "$1" >said 2>&1 || die "$(cat said)"
}

there() {
	(cd "$D/usr/local" && find bin sbin ! -type d | sort | tr '\n' ' ')
}

links install
[ -s said ] && die "it says: $(cat said)"
expect "installed" "bin/lavavisor bin/lavavisorctl sbin/lavavisor " "$(there)"
expect "target" "$SBINDIR/lavavisorctl" "$(readlink "$D$BINDIR/lavavisor")"
links install
[ -s said ] && die "again it says: $(cat said)"
links uninstall
expect "uninstalled" "" "$(there)"

echo "in Go" >"$D$BINDIR/lavavisor"
ln -s /opt/other "$D$BINDIR/lavavisorctl"
ln -s lavavisorctl "$D$SBINDIR/lavavisor"
links install
expect "lines" 2 "$(wc -l <said | tr -d ' ')"
grep -q "^$BINDIR/lavavisor is not a link to .*left as it is" said ||
    die "$(cat said)"
links uninstall
expect "another's" "bin/lavavisor bin/lavavisorctl " "$(there)"
expect "in Go" "in Go" "$(cat "$D$BINDIR/lavavisor")"
expect "elsewhere" /opt/other "$(readlink "$D$BINDIR/lavavisorctl")"

say "called by a link it is lavavisor, and finds what belongs to it"
ln -s "$SBIN/lavavisorctl" "$REGRESS_DIR/lavavisor"
"$REGRESS_DIR/lavavisor" --version >said || die "--version"
has_line said "^lavavisor " || die "$(cat said)"
