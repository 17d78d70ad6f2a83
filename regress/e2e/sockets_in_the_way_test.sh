#!/bin/sh
#
# What may lie where the sockets are to be: a dead socket of ours is replaced,
# anything else is named in one line and left alone.  And a client of another
# release is told so.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service web <<-END
while :; do sleep 0.1; done
END
plain_config
mkdir -p "$STATE/run"

# refused WORD...: the daemon does not start, and says why in a line.
refused() {
	"$SBIN/lavavisord" -d -D "$STATE" -L "$LIBEXEC" \
	    >"$REGRESS_DIR/out" 2>&1 </dev/null
	expect "exit code" 1 $?
	grep -v "nodes of one operator\|not root:" "$REGRESS_DIR/out" |
	    grep -F "$STATE/run/" >"$REGRESS_DIR/lines"
	expect "lines that name it" 1 \
	    "$(wc -l <"$REGRESS_DIR/lines" | tr -d ' ')"
	grep -q "$1" "$REGRESS_DIR/lines" ||
	    die "not '$1': $(cat "$REGRESS_DIR/out")"
}

for name in admin.sock show.sock; do
	say "$name: a file in the way"
	echo precious >"$STATE/run/$name"
	refused "$name: it is no socket"
	expect "the file" precious "$(cat "$STATE/run/$name")"
	rm "$STATE/run/$name"

	say "$name: a directory in the way"
	mkdir "$STATE/run/$name"
	refused "$name: it is no socket"
	rmdir "$STATE/run/$name"

	say "$name: a link in the way"
	ln -s "$REGRESS_DIR/elsewhere" "$STATE/run/$name"
	refused "$name: it is no socket"
	rm "$STATE/run/$name"
done

dead_socket() {
	"$PYTHON" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])' "$1"
}

if [ "$(id -u)" -eq 0 ]; then
	say "a socket of another user"
	dead_socket "$STATE/run/admin.sock"
	chown nobody "$STATE/run/admin.sock"
	refused "admin.sock: this socket belongs to uid $(id -u nobody)"
	rm "$STATE/run/admin.sock"
fi

say "a dead socket is replaced"
dead_socket "$STATE/run/admin.sock"
dead_socket "$STATE/run/show.sock"
ctl show services >"$REGRESS_DIR/out" 2>&1
expect "exit code of a client of a dead daemon" 4 $?
grep -q "its daemon has ended" "$REGRESS_DIR/out" ||
    die "$(cat "$REGRESS_DIR/out")"
start_daemon
plain_up

say "a client of another release"
"$PYTHON" - "$TOP" "$STATE/run/show.sock" <<-'END' || die "other release"
	import socket, struct, sys
	sys.path.insert(0, sys.argv[1] + '/regress/rooms')
	from imsg import CONSTANTS, Channel
	for other in 1, CONSTANTS['MESSAGE_CATALOGUE'] + 1, 0xffffffff:
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[2])
	    c = Channel(s)
	    c.send_raw(CONSTANTS['MSG_REQUEST'],
	               struct.pack('<I', other) + b'fields of its own')
	    m = c.receive()
	    assert m.type == 'ANSWER_END' and m.fields['code'] == 1, m
	    assert f'catalogue {other}' in m.fields['text'], m
	    assert '\n' not in m.fields['text']
END

say "who may ask"
if [ "$(id -u)" -eq 0 ] && getent group _lavavisor >/dev/null; then
	ask() {
		"$PYTHON" - "$STATE/run/$1" "$2" <<-'END'
			import grp, os, pwd, socket, sys
			gid = grp.getgrnam(sys.argv[2]).gr_gid
			os.setgroups([gid])
			nobody = pwd.getpwnam('nobody')
			os.setgid(nobody.pw_gid)
			os.setuid(nobody.pw_uid)
			s = socket.socket(socket.AF_UNIX)
			try:
			    s.connect(sys.argv[1])
			    print('may')
			except PermissionError:
			    print('may not')
		END
	}
	other=$(id -gn nobody)
	expect "a member at show" may "$(ask show.sock _lavavisor)"
	expect "a member at admin" "may not" "$(ask admin.sock _lavavisor)"
	expect "a stranger at show" "may not" "$(ask show.sock "$other")"
	expect "a stranger at admin" "may not" "$(ask admin.sock "$other")"
fi
stop_daemon
