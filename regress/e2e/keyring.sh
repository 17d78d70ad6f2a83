# Keyrings of the fake lavap; world.sh takes it in.
#
#	keyring_make DIR PASSPHRASE [BACKEND [NAME]]
#
# makes one in DIR, what --home or --keyring-dir names, for `file` (default)
# or `os`, with a key NAME (servicer1), as `lavap keys add` does: it belongs
# to the user the services run as.  One that is there gets another passphrase.

# keyring_dir DIR [BACKEND]
keyring_dir() {
	case ${2:-file} in
	file)	echo "$1/keyring-file" ;;
	*)	echo "$1" ;;
	esac
}

keyring_make() {
	_ring=$(keyring_dir "$1" "${3:-file}")
	rm -f "$_ring/keyhash" "$_ring/${4:-servicer1}.info"
	# printf is the shell's own: nothing in the arguments of a process.
	printf '%s\n%s\n' "$2" "$2" | "$TOP/regress/bin/fakelavap" keys add \
	    "${4:-servicer1}" --keyring-backend "${3:-file}" \
	    --keyring-dir "$1" || die "no keyring in $1"
	[ -z "${WORLD_USER:-}" ] || chown -R "$WORLD_USER" "$1"
	[ -z "${PLAIN_USER:-}" ] || chown -R "$PLAIN_USER" "$1"
}
