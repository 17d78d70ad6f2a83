#!/bin/sh
#
# Copies the sources to another directory, for a build with other flags.
# Times are kept, so that a second copy compiles only what has changed.
#
# usage: copy-tree.sh directory

set -eu

mkdir -p "$1"
to=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

# git knows what is ours; a release tarball is nothing but ours.
list() {
	if [ -d .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files --cached --others \
		    --exclude-standard
	else
		find . -type f ! -path './regress/tmp/*' \
		    ! -path './regress/bin/*' ! -path './stage/*' \
		    ! -path './mk/gen/*' ! -name '*.[oad]'
	fi
}

list | while IFS= read -r file; do
	[ ! -f "$file" ] || echo "$file"
done | tar -cf - -T - | tar -xf - -C "$to"
