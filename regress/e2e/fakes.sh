# Services that answer as the test wants: the fake lavap as a program of
# `role: other`, beside those of plain.sh.
#
#	. "${TOP:-.}/regress/lib.sh"
#	. "$TOP/regress/e2e/plain.sh"
#	. "$TOP/regress/e2e/fakes.sh"
#	plain_begin
#	fake_service web "listen-ms 0, status 404" "ready: http URL/health"
#
# In the YAML, URL is http:// and the address it listens on, ADDR the address,
# HOME its directory.

fake_service() {
	_home=$REGRESS_DIR/home/$1
	mkdir -p "$_home"
	[ -z "$PLAIN_USER" ] || chown "$PLAIN_USER" "$_home"
	[ -x "$REGRESS_DIR/fake" ] || {
		cp "$TOP/regress/bin/fakelavap" "$REGRESS_DIR/fake"
		chmod 755 "$REGRESS_DIR/fake"
	}
	[ -f "$REGRESS_DIR/$1.port" ] ||
	    free_port >"$REGRESS_DIR/$1.port"
	_addr=127.0.0.1:$(cat "$REGRESS_DIR/$1.port")
	{
		echo "# fake: listen-ms 0, $2"
		echo "endpoints:"
		echo "  - network-address: $_addr"
	} >"$_home/fake.yml"
	{
		echo "role: other"
		echo "command: [$REGRESS_DIR/fake, rpcconsumer, fake.yml]"
		echo "directory: $_home"
		echo "env: {HOME: $_home}"
		[ -z "$PLAIN_USER" ] || echo "user: $PLAIN_USER"
		echo "stop-signal: INT"
		echo "${3:-}" | sed "s,URL,http://$_addr,g; s,ADDR,$_addr,g
		    s,HOME,$_home,g"
	} >"$STATE/services/$1.yml"
	case " $PLAIN_SERVICES " in
	*" $1 "*)	;;
	*)		PLAIN_SERVICES="$PLAIN_SERVICES $1" ;;
	esac
}

fake_addr() {
	echo "127.0.0.1:$(cat "$REGRESS_DIR/$1.port")"
}

# The reason holds a text: reason_has NAME TEXT
reason_has() {
	case $(service "$1" reason) in
	*"$2"*)	return 0 ;;
	esac
	service "$1" reason
	return 1
}
