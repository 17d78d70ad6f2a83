# A release server: nginx with TLS on loopback, its CA made on the spot.
# Needs regress/lib.sh; state is in $RELEASE.
#
#	release_start		sets RELEASE_URL, RELEASE_SOURCE, RELEASE_CA,
#				RELEASE_SIGNIFY_PUB, RELEASE_MINISIGN_PUB
#	release_publish VERSION [KIND] [BEHAVIOURS] [PADDING]
#	release_withdraw VERSION
#	release_stop
#
# and, beside it, sources that misbehave (source_sim.py), with the same files:
#
#	source_start NAME	sets SOURCE_URL, SOURCE_PORT
#	source_mode NAME JSON
#	source_requests NAME PATTERN	how many of its requests match
#
# KIND of a release:
#	good (default)
#	crash-early, crash-late, never-listens, version-fails: a bad program
#	wrong-hash	the list names another hash for the file
#	wrong-signature	signed by another key
#	not-listed	the list does not name the file
#	list-missing, signature-missing, binary-missing: 404
#	truncated	only half of the file
#	endless		a file of 64 GB
#	other-machine	an ELF of another architecture
#	script		a #! script
#	to-http		a redirect to http://
# BEHAVIOURS are those of fakelavap.c.

release_tools() {
	SIGNIFY=$(command -v signify-openbsd || command -v signify) ||
	    die "signify is not installed"
	NGINX=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx) ||
	    die "nginx is not installed"
	case $(uname -m) in
	x86_64|amd64)	RELEASE_ARCH=amd64 ;;
	aarch64|arm64)	RELEASE_ARCH=arm64 ;;
	*)		RELEASE_ARCH=$(uname -m) ;;
	esac
	RELEASE_OS=$(uname -s | tr '[:upper:]' '[:lower:]')
}

release_certificates() {
	(
	cd "$RELEASE/tls" || exit 1
	openssl ecparam -name prime256v1 -genkey -noout -out ca.key
	openssl req -x509 -new -key ca.key -days 30 -out ca.pem \
	    -subj "/CN=regress CA"
	openssl ecparam -name prime256v1 -genkey -noout -out server.key
	openssl req -new -key server.key -subj "/CN=localhost" -out server.csr
	echo "subjectAltName=DNS:localhost,IP:127.0.0.1" >san
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key \
	    -set_serial 1 -days 30 -extfile san -out server.pem
	) >"$RELEASE/openssl.log" 2>&1 ||
	    die "openssl: $(cat "$RELEASE/openssl.log")"
}

release_keys() {
	(
	cd "$RELEASE/keys" || exit 1
	for who in release other; do
		"$SIGNIFY" -G -n -c "$who" -p $who.pub -s $who.sec
		if command -v minisign; then
			minisign -G -W -f -p $who.minisign.pub \
			    -s $who.minisign.sec
		fi
	done
	) >"$RELEASE/keys.log" 2>&1 || die "keys: $(cat "$RELEASE/keys.log")"
}

release_configure() {
	cat >"$RELEASE/nginx.conf" <<-END
	pid $RELEASE/nginx.pid;
	error_log $RELEASE/error.log warn;
	daemon off;
	worker_processes 1;
	$([ "$(id -u)" -ne 0 ] || echo "user root;")
	events { worker_connections 256; }
	http {
		access_log $RELEASE/access.log;
		client_body_temp_path $RELEASE/tmp/body;
		proxy_temp_path $RELEASE/tmp/proxy;
		fastcgi_temp_path $RELEASE/tmp/fastcgi;
		uwsgi_temp_path $RELEASE/tmp/uwsgi;
		scgi_temp_path $RELEASE/tmp/scgi;
		default_type application/octet-stream;
		server {
			listen 127.0.0.1:$1 ssl;
			ssl_certificate $RELEASE/tls/server.pem;
			ssl_certificate_key $RELEASE/tls/server.key;
			root $RELEASE/www;
			include $RELEASE/conf.d/*.conf;
		}
	}
	END
}

# A port that was free a moment ago may be taken: try again with another.
release_start() {
	RELEASE=$REGRESS_DIR/release
	mkdir -p "$RELEASE/tls" "$RELEASE/keys" "$RELEASE/www" \
	    "$RELEASE/tmp" "$RELEASE/conf.d"
	release_tools
	release_certificates
	release_keys
	RELEASE_CA=$RELEASE/tls/ca.pem
	RELEASE_SIGNIFY_PUB=$RELEASE/keys/release.pub
	RELEASE_MINISIGN_PUB=$RELEASE/keys/release.minisign.pub
	touch "$RELEASE/www/up"
	for _try in 1 2 3 4 5 6 7 8 9 10; do
		RELEASE_PORT=$(free_port)
		RELEASE_URL=https://localhost:$RELEASE_PORT
		RELEASE_SOURCE="$RELEASE_URL/v{version}"
		release_configure "$RELEASE_PORT"
		"$NGINX" -p "$RELEASE" -c "$RELEASE/nginx.conf" \
		    -e "$RELEASE/error.log" >"$RELEASE/nginx.out" 2>&1 &
		RELEASE_PID=$!
		if release_came_up; then
			on_exit_end "$RELEASE_PID"
			return
		fi
		kill "$RELEASE_PID" 2>/dev/null
		wait "$RELEASE_PID" 2>/dev/null
	done
	cat "$RELEASE/nginx.out" "$RELEASE/error.log"
	die "nginx does not start"
}

release_answers() {
	fetch -f --cacert "$RELEASE_CA" -o /dev/null "$RELEASE_URL/$1"
}

release_came_up() {
	_tries=300
	while [ "$_tries" -gt 0 ]; do
		kill -0 "$RELEASE_PID" 2>/dev/null || return 1
		release_answers up && return
		sleep 0.1
		_tries=$((_tries - 1))
	done
	return 1
}

release_stop() {
	kill "$RELEASE_PID" 2>/dev/null
	wait "$RELEASE_PID" 2>/dev/null
}

# Makes nginx read conf.d again and waits until it has.
release_reload() {
	RELEASE_RELOADS=$((${RELEASE_RELOADS:-0} + 1))
	_mark=mark-$RELEASE_RELOADS
	echo "location = /$_mark { return 200; }" >"$RELEASE/conf.d/mark.conf"
	kill -HUP "$RELEASE_PID" || die "nginx is gone"
	wait_for 30 release_answers "$_mark"
	wait_for 30 release_has_one_worker
}

# The old one accepts until it has heard that it is to end.
release_has_one_worker() {
	[ "$(ps -axo ppid=,args= | awk -v nginx="$RELEASE_PID" \
	    '$1 == nginx && !/shutting down/' | wc -l)" -eq 1 ]
}

release_publish() {
	_version=$1
	_kind=${2:-good}
	_behaviours=${3:-}
	_padding=${4:-0}
	# Made aside and renamed: a daemon may be asking already.
	_name=lavap-v$_version-$RELEASE_OS-$RELEASE_ARCH
	_dir=$RELEASE/new-$_version
	rm -rf "$_dir"
	mkdir -p "$_dir"
	case $_kind in
	crash-early|never-listens)
		_behaviours="$_kind,$_behaviours" ;;
	crash-late)
		_behaviours="crash-late 300,$_behaviours" ;;
	version-fails)
		_behaviours="version-exit 1,$_behaviours" ;;
	esac
	"$PYTHON" "$TOP/regress/world/brand.py" \
	    "$TOP/regress/bin/fakelavap" "$_dir/$_name" "$_version" \
	    "$_behaviours" "$_padding" || die "brand.py failed"
	release_spoil_file "$_kind" "$_dir/$_name"
	(
	cd "$_dir" || exit 1
	sha256 "$_name" >sha256sum.txt
	case $_kind in
	wrong-hash)
		echo "$_version" | sha256 - |
		    sed "s/  .*/  $_name/" >sha256sum.txt ;;
	not-listed)
		sed 's/lavap-/lavad-/' sha256sum.txt >list
		mv list sha256sum.txt ;;
	esac
	) || die "publish $_version"
	release_sign "$_kind" "$_dir"
	case $_kind in
	list-missing)		rm "$_dir/sha256sum.txt" ;;
	signature-missing)	rm -f "$_dir"/sha256sum.txt.* ;;
	binary-missing)		rm "$_dir/$_name" ;;
	truncated)		truncate_half "$_dir/$_name" ;;
	esac
	rm -rf "${RELEASE:?}/www/v$_version"
	mv "$_dir" "$RELEASE/www/v$_version"
	_conf=$RELEASE/conf.d/v$_version.conf
	if [ "$_kind" = to-http ]; then
		echo "location = /v$_version/$_name {" \
		    "return 302 http://localhost:$RELEASE_PORT/x; }" \
		    >"$_conf"
		release_reload
	elif [ -f "$_conf" ]; then
		rm "$_conf"
		release_reload
	fi
}

release_spoil_file() {
	case $1 in
	endless)
		truncate -s 64G "$2" ;;
	other-machine)
		# e_machine, bytes 18 and 19: a PDP-11.
		printf '\101\000' |
		    dd of="$2" bs=1 seek=18 conv=notrunc 2>/dev/null ;;
	script)
		printf '#!/bin/sh\necho 6.2.5\n' >"$2" ;;
	esac
}

release_sign() {
	_who=release
	[ "$1" != wrong-signature ] || _who=other
	"$SIGNIFY" -S -s "$RELEASE/keys/$_who.sec" -m "$2/sha256sum.txt" \
	    -x "$2/sha256sum.txt.sig" || die "signify failed"
	if [ -f "$RELEASE/keys/$_who.minisign.sec" ]; then
		minisign -S -s "$RELEASE/keys/$_who.minisign.sec" \
		    -m "$2/sha256sum.txt" -x "$2/sha256sum.txt.minisig" \
		    >/dev/null 2>&1 </dev/null || die "minisign failed"
	fi
}

truncate_half() {
	_size=$(wc -c <"$1")
	truncate -s $((_size / 2)) "$1"
}

# GNU lines on both systems.  An endless file has no hash that is worth it.
sha256() {
	if [ "$1" != - ] && [ "$(wc -c <"$1")" -gt 1073741824 ]; then
		printf '%064d  %s\n' 0 "$1"
	elif command -v sha256sum >/dev/null; then
		sha256sum "$1"
	else
		openssl dgst -sha256 -r "$1" | sed 's/ \*/  /'
	fi
}

release_withdraw() {
	rm -rf "${RELEASE:?}/www/v$1"
}

# Certificates that no client should take; and a CA that nobody trusts.
source_certificates() {
	[ ! -f "$RELEASE/tls/name.pem" ] || return 0
	(
	cd "$RELEASE/tls" || exit 1
	openssl ecparam -name prime256v1 -genkey -noout -out other-ca.key
	openssl req -x509 -new -key other-ca.key -days 30 -out other-ca.pem \
	    -subj "/CN=another CA"
	for _name in unknown expired name; do
		_ca=ca _days=30 _san=san
		case $_name in
		unknown)	_ca=other-ca ;;
		expired)	_days=-1 ;;
		name)
			_san=san-name
			echo "subjectAltName=DNS:other.test" >$_san ;;
		esac
		cp server.key $_name.key
		openssl x509 -req -in server.csr -CA $_ca.pem -CAkey $_ca.key \
		    -set_serial 2 -days $_days -extfile $_san -out $_name.pem
	done
	) >"$RELEASE/openssl.log" 2>&1 && [ -s "$RELEASE/tls/name.pem" ] ||
	    die "openssl: $(cat "$RELEASE/openssl.log")"
}

source_start() {
	source_certificates
	_dir=$REGRESS_DIR/source-$1
	mkdir -p "$_dir"
	"$PYTHON" "$TOP/regress/world/source_sim.py" "$_dir" "$RELEASE/www" \
	    "$RELEASE/tls" >"$_dir/log" 2>&1 &
	on_exit_end $!
	wait_for 60 test -f "$_dir/port"
	: >>"$_dir/requests"
	SOURCE_PORT=$(cat "$_dir/port")
	SOURCE_URL=https://localhost:$SOURCE_PORT
}

source_mode() {
	echo "$2" >"$REGRESS_DIR/source-$1/mode.new"
	mv "$REGRESS_DIR/source-$1/mode.new" "$REGRESS_DIR/source-$1/mode"
}

source_requests() {
	grep -c -- "$2" "$REGRESS_DIR/source-$1/requests" || :
}

# How often a path was asked for.
release_requests() {
	grep -c -- "$1" "$RELEASE/access.log" || :
}
