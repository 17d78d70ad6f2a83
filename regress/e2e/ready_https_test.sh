#!/bin/sh
#
# ready: https with certificates that are, and are not, to be trusted.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

need openssl
plain_begin
tls=$REGRESS_DIR/tls
mkdir -p "$tls"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null ||
    die "openssl req"
# certificate NAME SUBJECT-ALT-NAME
certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" \
	    -keyout "$tls/$1.key" -out "$tls/$1.csr" 2>/dev/null &&
	    echo "subjectAltName=$2" >"$tls/$1.ext" &&
	    openssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.pem" \
	    -CAkey "$tls/ca.key" -set_serial "$(date +%s)" -days 2 \
	    -extfile "$tls/$1.ext" -out "$tls/$1.pem" 2>/dev/null ||
	    die "openssl x509 $1"
}
certificate number IP:127.0.0.1
certificate name DNS:provider.example
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$tls/self.key" \
    -out "$tls/self.pem" 2>/dev/null || die "openssl req self"
chmod 644 "$tls"/*

cat >"$REGRESS_DIR/server.py" <<'END'
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/lava/health' else 404)
        self.end_headers()
        self.wfile.write(b'Health status OK for ' +
            self.headers.get('Host', '').encode())
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2] + '.pem', sys.argv[2] + '.key')
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])),
    Handler)
server.socket = context.wrap_socket(server.socket, server_side=True,
    do_handshake_on_connect=False)
server.serve_forever()
END

# tls_service NAME CERTIFICATE YAML
tls_service() {
	_tls_port=$(free_port)
	_yaml=$(echo "$3" | sed "s,ADDR,127.0.0.1:$_tls_port,g")
	plain_service "$1" "$_yaml" <<-END
	exec "$PYTHON" "$REGRESS_DIR/server.py" $_tls_port "$tls/$2"
	END
}

tls_service trusted number "ready: http https://ADDR/lava/health"
tls_service named name "ready: {address: ADDR,
  check: http https://provider.example/lava/health,
  body: OK for provider.example}"
tls_service misnamed name "ready: http https://ADDR/lava/health"
tls_service self self "ready: http https://ADDR/lava/health"
tls_service unchecked self "ready: {check: http https://ADDR/lava/health,
  verify: false}"
tls_service missing number "ready: http https://ADDR/"
fake_service plain "listen-ms 0" "ready: http URL/"
sed 's,http://,https://,' "$STATE/services/plain.yml" >plain.new
mv plain.new "$STATE/services/plain.yml"
plain_config "ca-file: $tls/ca.pem"
start_daemon

for name in trusted named unchecked; do
	ctl wait -t 60 "$name" ready || die "$name is not ready"
done
while read -r name why; do
	wait_for 60 reason_has "$name" "$why"
	expect "$name" false "$(service "$name" ready)"
done <<END
misnamed 127.0.0.1
self `ca-file`, or set
missing it answers with status 404
plain does it speak TLS
END
stop_daemon
