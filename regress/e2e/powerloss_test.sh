# The power is cut at every step on the disk of an upgrade; each disk that may
# be left is looked at, and on some of them a daemon is started.  All of them:
# make powerloss.

. "${TOP:-.}/regress/lib.sh"

[ -z "${REGRESS_SANITIZED:-}" ] ||
    skip "what looks for leaks at the end cannot be traced"
# Our processes let no other user look into their memory, not even a tracer.
need_root
need strace
strace -o /dev/null true 2>/dev/null || skip "nothing can be traced here"
"$PYTHON" "$TOP/regress/faults/powerloss" -n "${POWERLOSS:-6}" -j 3 ||
    die "see above"
