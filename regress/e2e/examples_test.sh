#!/bin/sh
#
# etc/examples: lavavisord -n takes them as they are, and with each line that
# is commented out.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"

EXAMPLES=$TOP/etc/examples
[ "$(id -u)" -ne 0 ] || sh "$TOP/etc/accounts.sh"
user=$(id -un)
group=$(id -gn)
if [ "$(id -u)" -eq 0 ]; then
	user=nobody
	group=$(id -gn nobody)
fi

# tree DIR: the examples, with accounts that are here and every service listed
tree() {
	rm -rf "$1"
	cp -R "$EXAMPLES" "$1"
	chmod -R u+w "$1"
	for _file in "$1"/services/*.yml; do
		_name=${_file##*/}
		_name=${_name%.yml}
		accounts "$_file"
		grep -q "^  - $_name\$" "$1/config.yml" ||
		    echo "  - $_name" >>"$1/config.yml"
	done
}

# accounts FILE: with those that are here; others may have only their own.
accounts() {
	_allow=
	[ "$(id -u)" -eq 0 ] || _allow="s/user: root/user: $user/"
	sed -e "s/user: lava/user: $user/; s/group: lava/group: $group/" \
	    -e "$_allow" "$1" >"$1.new"
	mv "$1.new" "$1"
}

understood() {
	"$SBIN/lavavisord" -n -D "$1" -L "$LIBEXEC" >out 2>&1 ||
	    die "$2: $(cat out)"
}

say "as they are"
tree tree
understood tree "etc/examples"
grep -q . out || die "it says nothing"
echo "nonsense: 1" >>tree/services/metrics.yml
! "$SBIN/lavavisord" -n -D tree -L "$LIBEXEC" >out 2>&1 ||
    die "services/metrics.yml is not read"

say "with what is commented out"
# A line `# key: value  # what it is', at any depth; a value in capitals is
# for the reader to fill in.
commented='^\( *\)# \( *[a-z][a-z-]*: .*\)'
count=0
for file in config.yml services/provider1-ETH1.yml services/consumer-ETH1.yml \
    services/metrics.yml; do
	for line in $(grep -n "$commented" "$EXAMPLES/$file" |
	    sed '/[A-Z0-9]\{6\}/d; /\/etc\/lavavisor\//d
	    /see lavavisord/d; s/:.*//'); do
		tree tree
		sed "${line}s/$commented/\1\2/" "tree/$file" >tree/new
		mv tree/new "tree/$file"
		accounts "tree/$file"
		understood tree "$file, line $line"
		count=$((count + 1))
	done
done
say "$count lines"
[ "$count" -ge 45 ] || die "only $count lines were tried"

say "each key of the manual is in one of them"
for key in $(sed -n 's/^\.It Ic \([a-z-]*\) .*/\1/p' \
    "$TOP/man/lavavisord.yml.5" | sort -u); do
	grep -rqE "(^|[ #{,-])$key:" "$EXAMPLES" || die "no example of $key"
done
