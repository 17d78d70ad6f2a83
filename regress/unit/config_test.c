/*
 * The two languages of the configuration, from memory: what is refused and
 * with which line, every default, and a file that says everything.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/service_name.h"
#include "lavavisord/config.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define S		"services: []\n"
#define HASH		"6b86b273ff34fce19d6b804eff5a3f57" \
			"47ada4eaa22f1d49c01e52ddb7875b4b"
#define PROVIDER	"role: provider\nconfig: p.yml\nfrom: f\n" \
			"geolocation: 1\n"
#define OTHER		"role: other\ncommand: [/bin/true]\n"

struct bad {
	const char	*text;
	const char	*error;
};

static const struct bad bad_main[] = {
	/* YAML that hides something */
	{ "", "c:1:1: there is no \"services:\" in it" },
	{ "# nothing\n", "c:1:1: there is no \"services:\" in it" },
	{ "quorum: 1\n", "c:1:1: there is no \"services:\" in it" },
	{ "- a\n", "c:1:1: it must be a mapping (key: value)" },
	{ "text\n", "c:1:1: it must be a mapping (key: value)" },
	{ S "quorum: 1\nquorum: 1\n",
	    "c:3:1: duplicate key \"quorum\", first on line 2" },
	{ S "policy: {splay: 1s, splay: 2s}\n",
	    "c:2:21: duplicate key \"splay\", first on line 2" },
	{ S "nodes: &n\n  - url: tcp://h\n",
	    "c:2:8: anchors (&name) are not supported" },
	{ S "quorum: *n\n", "c:2:9: aliases (*name) are not supported" },
	{ S "quorum: !!int 1\n", "c:2:9: tags (!name) are not supported" },
	{ S "policy: !x {}\n", "c:2:9: tags (!name) are not supported" },
	{ S "<<: {}\n", "c:2:1: unknown key \"<<\"" },
	{ S "---\n" S, "c:2:1: a second document begins here" },
	{ S "? [a]\n: 1\n", "c:2:3: a key must be text" },
	{ S "x: [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]\n",
	    "c:2:19: nested too deeply" },
	{ S "chain-id: \"a\\0b\"\n", "c:2:11: there is a control character "
	    "or a line break in the text" },
	{ S "chain-id: |\n  a\n", "c:2:11: there is a control character "
	    "or a line break in the text" },
	{ S "chain-id: \x01\n",
	    "c:2:11: there is a control character (0x01)" },
	{ S "chain-id: \xff\n", "c:2:11: byte 0xff is not UTF-8 text" },
	{ S "\xc3\xa9: \xc3\n", "c:2:4: byte 0xc3 is not UTF-8 text" },
	{ S "chain-id: \xed\xa0\x80\n", "c:2:11: byte 0xed is not UTF-8 text" },
	{ S "chain-id: \xc0\x80\n", "c:2:11: byte 0xc0 is not UTF-8 text" },
	{ S "\tquorum: 1\n", "c:2:1: while scanning for the next token: "
	    "found character that cannot start any token" },
	{ S "chain-id: [a\n", "c:3:1: while parsing a flow sequence: "
	    "did not find expected ',' or ']'" },

	/* keys */
	{ S "quorom: 1\n",
	    "c:2:1: unknown key \"quorom\" (did you mean \"quorum\"?)" },
	{ S "poll_interval: 15s\n", "c:2:1: unknown key \"poll_interval\" "
	    "(did you mean \"poll-interval\"?)" },
	{ S "Nodes: []\n",
	    "c:2:1: unknown key \"Nodes\" (did you mean \"nodes\"?)" },
	{ S "color: red\n", "c:2:1: unknown key \"color\"" },
	{ S "policy:\n  setle: 1s\n",
	    "c:3:3: unknown key \"setle\" (did you mean \"settle\"?)" },
	{ S "releases: {trusts: signed}\n",
	    "c:2:12: unknown key \"trusts\" (did you mean \"trust\"?)" },
	{ S "nodes: [{url: tcp://h, weight: 1}]\n", "c:2:24: nodes: unknown "
	    "key \"weight\" of a node (url, operator)" },

	{ S "releases: {proxy: \"https://p:1\"}\n",
	    "c:2:19: proxy: a proxy is http://HOST:PORT" },
	{ S "releases: {proxy: \"http://p:1/x\"}\n",
	    "c:2:19: proxy: a proxy is http://HOST:PORT" },
	{ S "releases: {proxy: \"http://u:p@p:1\"}\n", "c:2:19: proxy: a user "
	    "or password in the URL of a proxy is not supported" },
	{ S "releases: {stall-timeout: 0s}\n",
	    "c:2:27: stall-timeout: it must be from 1s to 1h" },

	/* known, not built */
	{ S "quorum: 2\n", "c:2:9: quorum 2 can never be reached: the nodes "
	    "are of 1 operator" },
	{ S "nodes: [http://a, http://b, http://B:81]\nquorum: 3\n", "c:3:9: "
	    "quorum 3 can never be reached: the nodes are of 2 operators" },
	{ S "quorum: 2\nnodes:\n  - {url: http://a, operator: x}\n"
	    "  - {url: http://b, operator: X}\n", "c:2:9: quorum 2 can never "
	    "be reached: the nodes are of 1 operator" },

	/* values */
	{ S "chain-id:\n", "c:2:10: chain-id: it has no value" },
	{ S "chain-id: ''\n", "c:2:11: chain-id: it has no value" },
	{ S "chain-id: [a]\n",
	    "c:2:11: chain-id: it must be text, not a list" },
	{ S "chain-id: {a: b}\n",
	    "c:2:11: chain-id: it must be text, not a mapping" },
	{ S "chain-id: a b\n", "c:2:11: chain-id: a chain id is letters, "
	    "digits and - _ . (at most 63)" },
	{ S "quorum: 0\n", "c:2:9: quorum: it must be from 1 to 64" },
	{ S "quorum: 1.0\n", "c:2:9: quorum: it must be a whole number" },
	{ S "quorum: 0x1\n", "c:2:9: quorum: it must be a whole number" },
	{ S "poll-interval: 15\n", "c:2:16: poll-interval: a duration needs "
	    "a unit, as 90s, 10m or 24h" },
	{ S "poll-interval: 15 s\n", "c:2:16: poll-interval: a duration is "
	    "a number and a unit, as 90s, 10m or 24h" },
	{ S "poll-interval: 0s\n",
	    "c:2:16: poll-interval: it must be from 1s to 1h" },
	{ S "poll-interval: 2h\n",
	    "c:2:16: poll-interval: it must be from 1s to 1h" },
	{ S "max-block-age: 31d\n",
	    "c:2:16: max-block-age: a duration is at most 30 days" },
	{ S "max-block-age: 25h\n",
	    "c:2:16: max-block-age: it must be from 1s to 24h" },
	{ S "sandbox: on\n",
	    "c:2:10: sandbox: \"on\" is not one of auto, require, off" },
	{ S "ca-file: cert.pem\n",
	    "c:2:10: ca-file: it must be an absolute path" },
	{ S "ca-file: /etc/../x\n",
	    "c:2:10: ca-file: a path has no \"..\" in it here" },
	{ S "policy: 1\n", "c:2:9: policy: it must be a mapping (key: value)" },
	{ S "policy: {auto: yes}\n", "c:2:16: auto: \"yes\" is not one of "
	    "none, patch, minor, major" },
	{ S "policy: {window: \"02:00\"}\n",
	    "c:2:18: window: a window is like \"02:00-04:00\", \"Mon-Fri "
	    "22:00-06:00 local\" or \"Sat,Sun 00:00-24:00 utc\"" },
	{ S "policy: {window: [\"02:00-04:00\", \"24:00-02:00\"]}\n",
	    "c:2:34: window: it must not begin at 24:00" },
	{ S "policy: {window: {a: b}}\n",
	    "c:2:18: window: it must be a list" },
	{ S "policy: {retry: 0s}\n", "c:2:17: retry: it must be from 1s to "
	    "1h" },
	{ S "policy: {soak: 2d}\n", "c:2:16: soak: it must be from 0s to "
	    "24h" },
	{ S "policy: {pause: 2h}\n", "c:2:17: pause: it must be from 0s to "
	    "1h" },
	{ S "hooks: [a]\n", "c:2:8: hooks: it must be a mapping (key: "
	    "value)" },
	{ S "hooks: {pre-upgrade: a}\n",
	    "c:2:22: pre-upgrade: it must be a list" },
	{ S "hooks: {pre-upgrade: [hook]}\n",
	    "c:2:23: pre-upgrade: it must be an absolute path" },
	{ S "hooks: {on-failure: [/bin/hook, [a]]}\n",
	    "c:2:33: on-failure: it must be text, not a list" },
	{ S "hooks: {timeout: 2h}\n", "c:2:18: timeout: it must be from 1s "
	    "to 1h" },
	{ S "hooks: {user: \"a:b\"}\n",
	    "c:2:15: user: it is no name of an account" },
	{ S "hooks: {post-upgrad: []}\n", "c:2:9: unknown key "
	    "\"post-upgrad\" (did you mean \"post-upgrade\"?)" },
	{ S "policy: {per-day: -1}\n",
	    "c:2:19: per-day: it must be a whole number" },
	{ S "policy: {max-unavailable: 0}\n",
	    "c:2:27: max-unavailable: it must be from 1 to 4096" },
	{ S "policy: {version-check: off}\n", "c:2:25: version-check: "
	    "\"off\" is not one of warn, strict" },
	{ S "releases: {max-size: 0}\n",
	    "c:2:22: max-size: it must be from 1 to 16G" },
	{ S "releases: {max-size: 512m}\n", "c:2:22: max-size: a size is a "
	    "number of bytes, as 65536, 64K, 512M or 2G" },
	{ S "releases: {allow-scripts: yes}\n", "c:2:27: allow-scripts: it "
	    "must be true or false, without quotes" },
	{ S "releases: {allow-scripts: \"true\"}\n", "c:2:27: "
	    "allow-scripts: it must be true or false, without quotes" },
	{ S "releases: {keep: 0}\n",
	    "c:2:18: keep: it must be from 1 to 100" },
	{ S "releases: {trust: gpg}\n", "c:2:19: trust: \"gpg\" is not one "
	    "of checksum, signed, pinned" },
	{ S "releases: {trust: signed}\n",
	    "c:2:19: trust: signed needs the signers' \"keys:\"" },
	{ S "releases: {keys: /k.pub}\n", "c:2:18: keys: it must be a list" },
	{ S "releases: {keys: [k.pub]}\n",
	    "c:2:19: keys: it must be an absolute path" },
	{ S "releases: {pins: [1]}\n",
	    "c:2:18: pins: it must be VERSION: SHA256" },
	{ S "releases: {pins: {v6.2.5: " HASH "}}\n",
	    "c:2:19: pins: a version is written without v, as 6.2.5" },
	{ S "releases: {pins: {6.2: " HASH "}}\n",
	    "c:2:19: pins: a version is three numbers, as 6.2.5" },
	{ S "releases: {pins: {6.2.5: 6b86b2}}\n",
	    "c:2:26: pins: a SHA-256 is 64 hexadecimal digits" },
	{ S "releases: {pins: {6.2.5: " HASH "0}}\n",
	    "c:2:26: pins: a SHA-256 is 64 hexadecimal digits" },

	/* nodes and sources */
	{ S "nodes: tcp://h\n", "c:2:8: nodes: it must be a list" },
	{ S "nodes: [[]]\n", "c:2:9: nodes: a node is url: and operator:" },
	{ S "nodes: [{operator: a}]\n", "c:2:9: nodes: this node has no url" },
	{ S "nodes: [{url: ''}]\n", "c:2:15: nodes: it has no value" },
	{ S "nodes: [{url: node.example:443}]\n", "c:2:15: nodes: the URL "
	    "must begin with https://, http:// or tcp://" },
	{ S "nodes: [{url: 'https://u:secret@h'}]\n", "c:2:15: nodes: a user "
	    "or password in the URL of a node is not supported" },
	{ S "nodes: [{url: 'https://u:secret@h:x'}]\n", "c:2:15: nodes: the "
	    "port must be a number from 1 to 65535" },
	{ S "nodes: [tcp://h, tcp://h]\n",
	    "c:2:18: nodes: this node is there twice" },
	{ S "releases: {sources: ['ftp://h/x']}\n", "c:2:22: sources: the "
	    "URL must begin with https://, http:// or tcp://" },
	{ S "releases: {sources: ['tcp://h/x']}\n", "c:2:22: sources: a "
	    "source begins with https:// or http://" },
	{ S "releases: {sources: ['https://u:p@h/x']}\n", "c:2:22: sources: "
	    "a user or password in the URL of a source is not supported" },
	{ S "releases: {sources: ['https://h/{vers}']}\n", "c:2:22: sources: "
	    "it is too long, or has braces around something else than "
	    "version, os and arch" },
	{ S "releases: {sources: ['https://h/x?a=b']}\n", "c:2:22: sources: "
	    "a source is a directory: no ? in its URL" },

	/* services */
	{ "services: a\n", "c:1:11: services: it must be a list" },
	{ "services: [a, b, a]\n", "c:1:18: services: \"a\" is there twice" },
	{ "services: [all]\n", "c:1:12: services: \"all\" is no name for a "
	    "service: letters, digits and . _ - (at most 63), not \"all\"" },
	{ "services: [a/b]\n", "c:1:12: services: \"a/b\" is no name for a "
	    "service: letters, digits and . _ - (at most 63), not \"all\"" },
	{ "services: [a..b]\n", "c:1:12: services: \"a..b\" is no name for a "
	    "service: letters, digits and . _ - (at most 63), not \"all\"" },
	{ "services: [-a]\n", "c:1:12: services: \"-a\" is no name for a "
	    "service: letters, digits and . _ - (at most 63), not \"all\"" },
	{ "services: [.a]\n", "c:1:12: services: \".a\" is no name for a "
	    "service: letters, digits and . _ - (at most 63), not \"all\"" },
	{ "services: ['']\n", "c:1:12: services: it has no value" },
	{ "services:\n  - a: b\n",
	    "c:2:5: services: it must be text, not a mapping" }
};

static const struct bad bad_service[] = {
	{ "", "s:1:1: there is no \"role:\" in it" },
	{ "config: p.yml\nfrom: f\ngeolocation: 1\n",
	    "s:1:1: there is no \"role:\" in it" },
	{ "role: validator\n", "s:1:7: role: \"validator\" is not one of "
	    "provider, consumer, other" },
	{ "role: provider\n", "s:1:1: there is no \"config:\" in it" },
	{ "role: provider\nconfig: p.yml\n",
	    "s:1:1: there is no \"from:\" in it" },
	{ "role: provider\nconfig: p.yml\nfrom: f\n",
	    "s:1:1: there is no \"geolocation:\" in it" },
	{ PROVIDER "confg: x\n",
	    "s:5:1: unknown key \"confg\" (did you mean \"config\"?)" },
	{ PROVIDER "stop_grace: 30s\n", "s:5:1: unknown key \"stop_grace\" "
	    "(did you mean \"stop-grace\"?)" },
	{ "role: provider\nconfig: /etc/p.yml\n", "s:2:9: config: it must be "
	    "the bare name of a file in service_configs" },
	{ "role: provider\nconfig: ../p.yml\n", "s:2:9: config: it must be "
	    "the bare name of a file in service_configs" },
	{ "role: provider\nfrom: --help\n",
	    "s:2:7: from: it must not begin with -" },
	{ "role: provider\ngeolocation: 0\n",
	    "s:2:14: geolocation: it must be from 1 to 65535" },
	{ "role: provider\ngeolocation: EU\n",
	    "s:2:14: geolocation: it must be a whole number" },
	{ PROVIDER "node: 127.0.0.1:26657\n", "s:5:7: node: the URL must "
	    "begin with https://, http:// or tcp://" },
	{ PROVIDER "arguments: --x\n",
	    "s:5:12: arguments: it must be a list" },
	{ PROVIDER "arguments: [[a]]\n",
	    "s:5:13: arguments: it must be text, not a list" },

	/* command */
	{ "role: other\n", "s:1:1: role: other needs a \"command:\"" },
	{ PROVIDER "command: [lavap]\n",
	    "s:2:9: \"config\" and \"command\" exclude each other" },
	{ "role: provider\ncommand: [lavap]\narguments: [a]\n",
	    "s:3:12: \"arguments\" and \"command\" exclude each other" },
	{ "role: provider\ncommand: lavap version\n",
	    "s:2:10: command must be a list (program, argument, ...)" },
	{ "role: provider\ncommand: []\n",
	    "s:2:10: command must be a list (program, argument, ...)" },
	{ "role: other\ncommand: [lavap, version]\n", "s:2:11: lavap needs "
	    "role: provider or consumer, whose version it follows" },
	{ "role: other\ncommand: [true]\n",
	    "s:2:11: the program must be lavap or an absolute path" },
	{ "role: other\ncommand: [./lavap]\n",
	    "s:2:11: the program must be lavap or an absolute path" },
	{ "role: consumer\ncommand: [/bin/true]\n",
	    "s:2:11: a program other than lavap needs role: other" },

	/* accounts and ground */
	{ OTHER "user: _lavavisord\n", "s:3:7: user: the accounts of "
	    "lavavisord itself run no service" },
	{ OTHER "groups: [_lavaprobe]\n", "s:3:10: groups: the accounts of "
	    "lavavisord itself run no service" },
	{ OTHER "user: 1000\n", "s:3:7: user: it is no name of an account "
	    "(numbers are not taken)" },
	{ OTHER "user: a:b\n", "s:3:7: user: it is no name of an account "
	    "(numbers are not taken)" },
	{ OTHER "allow-root: 1\n", "s:3:13: allow-root: it must be true or "
	    "false, without quotes" },
	{ OTHER "directory: home\n",
	    "s:3:12: directory: it must be an absolute path" },
	{ OTHER "env: [a]\n",
	    "s:3:6: env: it must be a mapping (NAME: value)" },
	{ OTHER "env: {a-b: c}\n",
	    "s:3:7: env: \"a-b\" is no name for a variable" },
	{ OTHER "env: {1A: c}\n",
	    "s:3:7: env: \"1A\" is no name for a variable" },
	{ OTHER "env: {A=B: c}\n",
	    "s:3:7: env: \"A=B\" is no name for a variable" },
	{ OTHER "env: {A: [c]}\n", "s:3:10: env: it must be text" },
	{ OTHER "umask: \"\"\n", "s:3:8: umask: it has no value" },
	{ OTHER "umask: 22\n",
	    "s:3:8: umask: a umask is three octal digits, as 022" },
	{ OTHER "umask: 089\n",
	    "s:3:8: umask: a umask is three octal digits, as 022" },
	{ OTHER "nice: 20\n",
	    "s:3:7: nice: it must be a number from -20 to 19" },
	{ OTHER "nice: -21\n",
	    "s:3:7: nice: it must be a number from -20 to 19" },
	{ OTHER "rlimits: {nofiles: 1}\n", "s:3:11: rlimits: \"nofiles\": "
	    "there is no such limit; setrlimit(2) has as, core, cpu, data, "
	    "fsize, memlock, nofile, nproc, rss, stack" },
	{ OTHER "rlimits: {nofile: 64K}\n", "s:3:19: rlimits: it must be a "
	    "whole number, or unlimited" },
	{ OTHER "rlimits: {nofile: [2, 1]}\n", "s:3:19: rlimits: the soft "
	    "limit is above the hard one" },
	{ OTHER "rlimits: {nofile: [unlimited, 1]}\n", "s:3:19: rlimits: the "
	    "soft limit is above the hard one" },
	{ OTHER "rlimits: {nofile: [1, 2, 3]}\n", "s:3:19: rlimits: it must "
	    "be one limit or [soft, hard]" },
	{ OTHER "rlimits: [nofile]\n",
	    "s:3:10: rlimits: it must be a mapping (nofile: 65536)" },

	/* policy */
	{ OTHER "stop-signal: STOP\n", "s:3:14: stop-signal: it must be one "
	    "of HUP, INT, QUIT, ABRT, KILL, USR1, USR2, ALRM, TERM, WINCH" },
	{ OTHER "stop-grace: 30\n", "s:3:13: stop-grace: a duration needs a "
	    "unit, as 90s, 10m or 24h" },
	{ OTHER "stop-grace: 2h\n",
	    "s:3:13: stop-grace: it must be from 0s to 1h" },
	{ OTHER "restart: sometimes\n", "s:3:10: restart: \"sometimes\" is "
	    "not one of always, on-failure, never, unless-exit CODES" },
	{ OTHER "restart: unless-exit\n", "s:3:10: restart: unless-exit is "
	    "followed by exit codes from 0 to 255" },
	{ OTHER "restart: unless-exit 256\n", "s:3:10: restart: unless-exit "
	    "is followed by exit codes from 0 to 255" },
	{ OTHER "backoff: 10s\nbackoff-max: 5s\n",
	    "s:4:14: backoff-max is shorter than backoff" },
	{ OTHER "backoff: 0s\n",
	    "s:3:10: backoff: it must be from 1ms to 1h" },
	{ OTHER "ready: tcp\n", "s:3:8: ready: tcp needs an ADDRESS:PORT "
	    "when there is no \"config:\"" },
	{ OTHER "ready: tcp 127.0.0.1\n",
	    "s:3:8: ready: it must be an address and a port" },
	{ OTHER "ready: none x\n",
	    "s:3:8: ready: nothing follows \"none\"" },
	{ OTHER "ready: udp\n", "s:3:8: ready: \"udp\" is not one of none, "
	    "tcp [ADDRESS:PORT], http [URL], log TEXT, notify, command "
	    "PROGRAM" },
	{ OTHER "ready: http\n", "s:3:8: ready: http needs a URL when there is "
	    "no \"config:\"" },
	{ OTHER "ready: http tcp://127.0.0.1:1\n",
	    "s:3:8: ready: it must be an http or https URL" },
	{ OTHER "ready: http http://u:p@127.0.0.1/\n",
	    "s:3:8: ready: a URL with a password is not taken" },
	{ OTHER "ready: http http://a.example/\n",
	    "s:3:8: only a numeric address can be watched: set \"address:\" to "
	    "the ADDRESS:PORT that is meant" },
	{ OTHER "ready: log\n",
	    "s:3:8: ready: something must follow \"log\"" },
	{ OTHER "ready: \"log a\\tb\"\n", "s:3:8: there is a control character "
	    "or a line break in the text" },
	{ OTHER "ready: notify me\n",
	    "s:3:8: ready: nothing follows \"notify\"" },
	{ OTHER "ready: command true\n", "s:3:8: ready: the program: it must "
	    "be an absolute path" },
	{ OTHER "ready: {body: x}\n",
	    "s:3:8: ready: there is no \"check:\" in it" },
	{ OTHER "ready: {check: notify, body: x}\n",
	    "s:3:30: ready: \"body\" is for a check by http" },
	{ OTHER "ready: {check: 'http http://127.0.0.1/', status: 2xx}\n",
	    "s:3:50: status: it must be a status from 100 to 599, or two with "
	    "a dash between" },
	{ OTHER "ready: {check: 'http http://127.0.0.1/', status: 299-200}\n",
	    "s:3:50: status: it must be a status from 100 to 599, or two with "
	    "a dash between" },
	{ OTHER "ready: {check: 'http http://127.0.0.1/', timeout: 1ms}\n",
	    "s:3:51: timeout: it must be from 100ms to 1m" },
	{ OTHER "health: 30s\n", "s:3:9: health: it must be a mapping "
	    "(interval: 30s, action: report)" },
	{ OTHER "health: {interval: 30s}\n", "s:3:9: health: \"ready: none\" "
	    "cannot be asked again: it needs a \"check:\" by tcp, http or "
	    "command" },
	{ OTHER "health: {check: notify}\n", "s:3:17: health: notify cannot be "
	    "asked again: tcp, http and command can" },
	{ OTHER "health: {check: tcp}\n", "s:3:9: health: tcp needs an "
	    "ADDRESS:PORT when there is no \"config:\"" },
	{ OTHER "health: {check: 'command /bin/true', action: reboot}\n",
	    "s:3:46: action: \"reboot\" is not one of report, restart" },
	{ OTHER "canary: 2\n", "s:3:9: canary: it must be true or false, "
	    "without quotes" },
	{ OTHER "drain: 2h\n",
	    "s:3:8: drain: it must be from 0s to 1h" },
	{ OTHER "drain: [drain, x]\n",
	    "s:3:9: drain: it must be an absolute path" },
	{ OTHER "drain: [/bin/drain, {a: b}]\n",
	    "s:3:21: drain: it must be text, not a mapping" },
	{ OTHER "drain-timeout: 0s\n",
	    "s:3:16: drain-timeout: it must be from 1s to 1h" },
	{ OTHER "passphrase: hunter2 is mine\n",
	    "s:3:13: passphrase: it must be prompt, file PATH, fd NUMBER or "
	    "command PROGRAM, never the passphrase itself" },
	{ OTHER "passphrase: prompt me\n",
	    "s:3:13: passphrase: there is nothing to say behind prompt" },
	{ OTHER "passphrase: file secret\n",
	    "s:3:13: passphrase: file: it must be an absolute path" },
	{ OTHER "passphrase: file\n",
	    "s:3:13: passphrase: file takes an absolute path" },
	{ OTHER "passphrase: fd 2\n", "s:3:13: passphrase: fd takes the "
	    "number of a descriptor, from 3 to 1023" },
	{ OTHER "passphrase: fd 3 4\n", "s:3:13: passphrase: fd takes the "
	    "number of a descriptor, from 3 to 1023" },
	{ OTHER "passphrase: command pass show lava\n",
	    "s:3:13: passphrase: command: it must be an absolute path" },
	{ OTHER "passphrase: [prompt]\n",
	    "s:3:13: passphrase: it must be text, not a list" },
	{ OTHER "log: {size: -1}\n", "s:3:13: size: a size is a number of "
	    "bytes, as 65536, 64K, 512M or 2G" },
	{ OTHER "log: {count: 0}\n",
	    "s:3:14: count: it must be from 1 to 1000" },
	{ OTHER "log: 64M\n",
	    "s:3:6: log: it must be a mapping (key: value)" }
};

/* A config with one service "a" and an optional chain id. */
static struct config *
parse(const char *text)
{
	struct config	*c;
	char		 error[CONFIG_ERROR_SIZE] = "";

	if (config_parse_memory("c", text, strlen(text), "/d", &c, error,
	    sizeof(error)) == -1)
		fail_msg("%s", error);
	return c;
}

static struct config_service *
parse_service(struct config *c, const char *text)
{
	char	 error[CONFIG_ERROR_SIZE] = "";

	if (config_parse_service(c, &c->services[0], "s", text, strlen(text),
	    error, sizeof(error)) == -1)
		fail_msg("%s", error);
	return &c->services[0];
}

static void
refused_main(void **state)
{
	struct config	*c;
	char		 error[CONFIG_ERROR_SIZE];
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(bad_main); i++) {
		error[0] = '\0';
		if (config_parse_memory("c", bad_main[i].text,
		    strlen(bad_main[i].text), "/d", &c, error,
		    sizeof(error)) == 0)
			fail_msg("taken: %s", bad_main[i].text);
		assert_null(c);
		assert_string_equal(error, bad_main[i].error);
		assert_null(strstr(error, "secret"));
	}
}

static void
refused_service(void **state)
{
	struct config	*c;
	char		 error[CONFIG_ERROR_SIZE];
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(bad_service); i++) {
		c = parse("services: [a]\n");
		error[0] = '\0';
		if (config_parse_service(c, &c->services[0], "s",
		    bad_service[i].text, strlen(bad_service[i].text), error,
		    sizeof(error)) == 0)
			fail_msg("taken: %s", bad_service[i].text);
		assert_string_equal(error, bad_service[i].error);
		config_free(c);
	}
}

static void
refused_sizes(void **state)
{
	static const char	 nul[] = "services: []\n\0";
	struct config		*c;
	char			*text, error[CONFIG_ERROR_SIZE];
	size_t			 i;

	(void)state;
	assert_int_equal(config_parse_memory("c", nul, sizeof(nul) - 1, "/d",
	    &c, error, sizeof(error)), -1);
	assert_string_equal(error, "c:2:1: there is a NUL");

	text = calloc(1, CONFIG_FILE_MAX + 1);
	assert_non_null(text);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	assert_int_equal(config_parse_memory("c", text, CONFIG_FILE_MAX + 1,
	    "/d", &c, error, sizeof(error)), -1);
	assert_string_equal(error, "c: it is larger than 262144 bytes");

	/* As deep and as many as the size allows: soon over, no crash */
	memset(text, '[', CONFIG_FILE_MAX);
	assert_int_equal(config_parse_memory("c", text, CONFIG_FILE_MAX, "/d",
	    &c, error, sizeof(error)), -1);
	assert_string_equal(error, "c:1:17: nested too deeply");
	text[0] = '[';
	for (i = 1; i + 1 < CONFIG_FILE_MAX; i += 2)
		memcpy(text + i, "a,", 2);
	assert_int_equal(config_parse_memory("c", text, CONFIG_FILE_MAX, "/d",
	    &c, error, sizeof(error)), -1);
	assert_string_equal(error, "c:1:20000: too many values");
	free(text);
}

static void
main_defaults(void **state)
{
	struct config	*c = parse("services:\n");

	(void)state;
	assert_string_equal(c->file, "c");
	assert_string_equal(c->directory, "/d");
	assert_string_equal(c->chain_id, "");
	assert_int_equal(c->nodes_default, 1);
	assert_int_equal(c->nodes_count, 1);
	assert_string_equal(c->nodes[0].url, "tcp://localhost:26657");
	assert_string_equal(c->nodes[0].parsed.host, "localhost");
	assert_int_equal(c->nodes[0].parsed.port, 26657);
	assert_null(c->ca_file);
	assert_int_equal(c->groups_count, 1);
	assert_int_equal(c->quorum, 1);
	assert_int_equal(c->poll_ms, 15000);
	assert_int_equal(c->max_block_age_ms, 600000);
	assert_int_equal(c->sandbox, SANDBOX_AUTO);
	assert_int_equal(c->policy.automatic, AUTO_MAJOR);
	assert_int_equal(c->policy.settle_ms, 600000);
	assert_int_equal(c->policy.splay_ms, 300000);
	assert_int_equal(c->policy.per_day, 2);
	assert_int_equal(c->policy.max_unavailable, 1);
	assert_int_equal(c->policy.probation_ms, 60000);
	assert_int_equal(c->policy.version_check, VERSION_CHECK_WARN);
	assert_int_equal(c->policy.window.count, 0);
	assert_int_equal(c->policy.retry_ms, 60000);
	assert_int_equal(c->releases.trust, TRUST_CHECKSUM);
	assert_int_equal(c->releases.sources_count, 1);
	assert_string_equal(c->releases.sources[0], "https://github.com/"
	    "lavanet/lava/releases/download/v{version}");
	assert_int_equal(c->releases.keys_count, 0);
	assert_int_equal(c->releases.pins_count, 0);
	assert_null(c->releases.ca_file);
	assert_int_equal(c->releases.max_size, 512 * 1024 * 1024);
	assert_null(c->releases.proxy);
	assert_string_equal(c->releases.proxy_host, "");
	assert_int_equal(c->releases.timeout_ms, 4 * 3600 * 1000);
	assert_int_equal(c->releases.stall_ms, 30 * 1000);
	assert_int_equal(c->releases.allow_scripts, 0);
	assert_int_equal(c->releases.keep, 3);
	assert_int_equal(c->services_count, 0);
	config_free(c);
}

/* One operator has one vote, and the default is a majority of them. */
static void
main_quorum(void **state)
{
	static const struct {
		const char	*nodes;
		uint32_t	 groups, quorum;
	} rows[] = {
		{ "[http://a]", 1, 1 },
		{ "[http://a, http://a:81]", 1, 1 },
		{ "[http://a, http://b]", 2, 2 },
		{ "[http://a, http://b, http://c]", 3, 2 },
		{ "[http://a, http://b, http://c, http://d]", 4, 3 },
		{ "[http://a, http://b, http://c, http://d, http://e]", 5, 3 },
		{ "[{url: http://a, operator: x}, {url: http://b, operator: X}"
		    ", {url: http://c}, {url: http://d, operator: C}]", 2, 2 },
		/* One host is nobody's twice */
		{ "[http://a, {url: http://a:81, operator: x}, http://b]",
		    2, 2 },
		{ "[{url: http://a:81, operator: x}, http://a, http://b]",
		    2, 2 },
		{ "[http://a, http://a.:81, http://b]", 2, 2 },
		/* x and the host a are one, as the last one shows */
		{ "[{url: http://b, operator: x}, http://a, http://c, "
		    "{url: http://a:81, operator: x}]", 2, 2 },
		/* Two names are two operators, if they share a gateway */
		{ "[{url: http://a, operator: x}, "
		    "{url: http://a:81, operator: y}]", 2, 2 }
	};
	struct config	*c;
	char		 text[512];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "services:\nnodes: %s\n",
		    rows[i].nodes);
		c = parse(text);
		if (c->groups_count != rows[i].groups ||
		    c->quorum != rows[i].quorum)
			fail_msg("row %zu: %u of %u", i, c->quorum,
			    c->groups_count);
		config_free(c);
	}
	c = parse("quorum: 1\nservices:\nnodes: [http://a, http://b]\n");
	assert_int_equal(c->quorum, 1);
	assert_int_equal(c->nodes[0].group, 0);
	assert_int_equal(c->nodes[1].group, 1);
	config_free(c);
}

static void
main_everything(void **state)
{
	struct config	*c = parse(
	    "%YAML 1.1\n"
	    "---\n"
	    "chain-id: lava-mainnet-1\n"
	    "nodes:\n"
	    "  - url: https://node.example:443\n"
	    "    operator: example\n"
	    "  - tcp://[::1]:26657\n"
	    "ca-file: /etc/ssl/cert.pem\n"
	    "quorum: 1\n"
	    "poll-interval: 1s\n"
	    "max-block-age: 24h\n"
	    "sandbox: require\n"
	    "policy:\n"
	    "  auto: patch\n"
	    "  settle: 0s\n"
	    "  splay: 90s\n"
	    "  per-day: 0\n"
	    "  max-unavailable: 2\n"
	    "  probation: 500ms\n"
	    "  version-check: strict\n"
	    "releases:\n"
	    "  trust: signed\n"
	    "  sources: ['http://Mirror.example:81/lava/{os}/{arch}//']\n"
	    "  keys: [/etc/lavavisor/release.pub]\n"
	    "  pins: {6.2.5: " HASH ", 6.10.0: '"
	    "AB86B273FF34FCE19D6B804EFF5A3F5747ADA4EAA22F1D49C01E52DDB7875B4B"
	    "'}\n"
	    "  ca-file: /etc/lavavisor/ca.pem\n"
	    "  max-size: 1G\n"
	    "  allow-scripts: true\n"
	    "  keep: 1\n"
	    "services: [a, B-1_x.y]\n"
	    "...\n");
	char		 url[URL_SIZE];

	(void)state;
	assert_string_equal(c->chain_id, "lava-mainnet-1");
	assert_int_equal(c->nodes_default, 0);
	assert_int_equal(c->nodes_count, 2);
	assert_string_equal(c->nodes[0].operator_name, "example");
	assert_string_equal(c->nodes[1].parsed.host, "::1");
	assert_string_equal(c->ca_file, "/etc/ssl/cert.pem");
	assert_int_equal(c->poll_ms, 1000);
	assert_int_equal(c->max_block_age_ms, 86400000);
	assert_int_equal(c->sandbox, SANDBOX_REQUIRE);
	assert_int_equal(c->policy.automatic, AUTO_PATCH);
	assert_int_equal(c->policy.settle_ms, 0);
	assert_int_equal(c->policy.splay_ms, 90000);
	assert_int_equal(c->policy.per_day, 0);
	assert_int_equal(c->policy.max_unavailable, 2);
	assert_int_equal(c->policy.probation_ms, 500);
	assert_int_equal(c->policy.version_check, VERSION_CHECK_STRICT);
	assert_int_equal(c->releases.trust, TRUST_SIGNED);
	assert_string_equal(c->releases.sources[0],
	    "http://Mirror.example:81/lava/{os}/{arch}");
	assert_int_equal(c->releases.keys_count, 1);
	assert_string_equal(c->releases.keys[0].path,
	    "/etc/lavavisor/release.pub");
	assert_int_equal(c->releases.keys[0].line, 24);
	assert_string_equal(config_pin(c, "6.2.5"), HASH);
	assert_string_equal(config_pin(c, "6.10.0"), "ab86b273ff34fce19d6b804e"
	    "ff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");
	assert_null(config_pin(c, "6.2.6"));
	assert_string_equal(c->releases.ca_file, "/etc/lavavisor/ca.pem");
	assert_int_equal(c->releases.max_size, 1024 * 1024 * 1024);
	assert_int_equal(c->releases.allow_scripts, 1);
	assert_int_equal(c->releases.keep, 1);
	assert_int_equal(c->services_count, 2);
	assert_ptr_equal(config_find_service(c, "B-1_x.y"), &c->services[1]);
	assert_null(config_find_service(c, "b"));
	assert_int_equal(config_names_host(c, "NODE.example", 443), 1);
	assert_int_equal(config_names_host(c, "node.example", 80), 0);
	assert_int_equal(config_names_host(c, "mirror.example", 81), 1);
	assert_int_equal(config_names_host(c, "mirror.example", 80), 0);
	assert_int_equal(config_names_host(c, "github.com", 443), 0);
	assert_int_equal(config_http_allowed(c, "mirror.example"), 1);
	assert_int_equal(config_http_allowed(c, "node.example"), 0);
	assert_int_equal(config_release_url(c->releases.sources[0], "6.2.5",
	    "linux", "arm64", NULL, url, sizeof(url)), 0);
	assert_string_equal(url, "http://Mirror.example:81/lava/linux/arm64/"
	    "lavap-v6.2.5-linux-arm64");
	assert_int_equal(config_release_url("https://h/v{version}/", "6.2.5",
	    "linux", "arm64", "sha256sum.txt", url, sizeof(url)), 0);
	assert_string_equal(url, "https://h/v6.2.5/sha256sum.txt");
	assert_int_equal(config_release_url("https://h", "6.2.5", "linux",
	    "arm64", NULL, url, 20), -1);
	config_free(c);
}

static void
words_equal(char **argv, size_t argc, const char *const *words)
{
	size_t	 i;

	for (i = 0; words[i] != NULL; i++) {
		assert_true(i < argc);
		assert_string_equal(argv[i], words[i]);
	}
	assert_int_equal(argc, i);
	assert_null(argv[argc]);
}

static void
service_defaults(void **state)
{
	static const char *const provider[] = { "lavap", "rpcprovider",
	    "p.yml", "--from", "f", "--geolocation", "1", "--chain-id",
	    "lava-x", NULL };
	static const char *const	 other[] = { "/bin/true", NULL };
	struct config			*c;
	struct config_service		*s;

	(void)state;
	c = parse("chain-id: lava-x\nservices:\n  - a\n");
	s = parse_service(c, PROVIDER);
	assert_string_equal(s->name, "a");
	assert_int_equal(s->line, 3);
	assert_int_equal(s->column, 5);
	assert_string_equal(s->file, "s");
	assert_int_equal(s->role, ROLE_PROVIDER);
	assert_int_equal(s->is_lavap, 1);
	words_equal(s->argv, s->argc, provider);
	assert_string_equal(s->config_file, "p.yml");
	assert_string_equal(s->chain_id, "lava-x");
	assert_null(s->keyring_backend);
	assert_null(s->node);
	assert_int_equal(s->node_secret, 0);
	assert_null(s->user);
	assert_null(s->group);
	assert_int_equal(s->groups_set, 0);
	assert_int_equal(s->allow_root, 0);
	assert_string_equal(s->directory, "/d/home/a");
	assert_int_equal(s->env_count, 0);
	assert_int_equal(s->umask, 022);
	assert_int_equal(s->nice, 0);
	assert_int_equal(s->no_new_privs, 1);
	assert_int_equal(s->rlimits_count, 1);
	assert_int_equal(s->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(s->rlimits[0].soft, 65536);
	assert_int_equal(s->rlimits[0].hard, 65536);
	assert_int_equal(s->rlimits[0].implied, 1);
	assert_int_equal(s->stop_signal, SIGINT);
	assert_int_equal(s->grace_ms, 30000);
	assert_int_equal(s->restart, RESTART_ALWAYS);
	assert_int_equal(s->stable_ms, 60000);
	assert_int_equal(s->backoff_ms, 1000);
	assert_int_equal(s->backoff_max_ms, 60000);
	assert_int_equal(s->limit, 10);
	assert_int_equal(s->retry_ms, 600000);
	assert_int_equal(s->ready.kind, READY_TCP);
	assert_null(s->ready.target);
	assert_int_equal(s->canary, 0);
	assert_int_equal(s->drain_ms, 0);
	assert_int_equal(s->log_size, 64 * 1024 * 1024);
	assert_int_equal(s->log_count, 5);
	config_free(c);

	/* Another program: TERM, no readiness, no chain id */
	c = parse("chain-id: lava-x\nservices: [a]\n");
	s = parse_service(c, OTHER);
	assert_int_equal(s->is_lavap, 0);
	words_equal(s->argv, s->argc, other);
	assert_int_equal(s->stop_signal, SIGTERM);
	assert_int_equal(s->ready.kind, READY_NONE);
	assert_null(s->chain_id);
	config_free(c);
}

static void
service_everything(void **state)
{
	static const char *const consumer[] = { "lavap", "rpcconsumer",
	    "c.yml", "--from", "user1", "--geolocation", "2", "--chain-id",
	    "lava-y", "--node", "http://u:p@127.0.0.1:26657",
	    "--keyring-backend", "file", "--log_level", "info", "", "-x",
	    NULL };
	struct config		*c = parse("chain-id: no\nservices: [a]\n");
	struct config_service	*s = parse_service(c,
	    "role: consumer\n"
	    "config: c.yml\n"
	    "from: user1\n"
	    "geolocation: 2\n"
	    "chain-id: lava-y\n"
	    "keyring-backend: file\n"
	    "node: http://u:p@127.0.0.1:26657\n"
	    "arguments: [--log_level, info, '', -x]\n"
	    "user: lava\n"
	    "group: staff\n"
	    "groups: [audio, video]\n"
	    "allow-root: true\n"
	    "directory: /srv/a\n"
	    "env: {KEY: value, EMPTY: '', YES: true}\n"
	    "umask: 027\n"
	    "nice: -5\n"
	    "no-new-privs: false\n"
	    "rlimits: {nofile: [100, unlimited], core: 0, stack: 8M}\n"
	    "stop-signal: QUIT\n"
	    "stop-grace: 0s\n"
	    "restart: unless-exit 0, 75\n"
	    "stable: 5s\n"
	    "backoff: 100ms\n"
	    "backoff-max: 1s\n"
	    "limit: 0\n"
	    "retry: 0s\n"
	    "ready: tcp [::1]:2221\n"
	    "canary: false\n"
	    "drain: 0s\n"
	    "log: {size: 0, count: 1}\n");

	(void)state;
	assert_int_equal(s->role, ROLE_CONSUMER);
	words_equal(s->argv, s->argc, consumer);
	assert_int_equal(s->node_secret, 1);
	assert_string_equal(s->user, "lava");
	assert_string_equal(s->group, "staff");
	assert_int_equal(s->groups_set, 1);
	assert_int_equal(s->groups_count, 2);
	assert_string_equal(s->groups[1], "video");
	assert_int_equal(s->allow_root, 1);
	assert_string_equal(s->directory, "/srv/a");
	assert_int_equal(s->env_count, 3);
	assert_string_equal(s->env[1].value, "");
	assert_string_equal(s->env[2].name, "YES");
	assert_string_equal(s->env[2].value, "true");
	assert_int_equal(s->umask, 027);
	assert_int_equal(s->nice, -5);
	assert_int_equal(s->no_new_privs, 0);
	assert_int_equal(s->rlimits_count, 3);
	assert_int_equal(s->rlimits[0].soft, 100);
	assert_true(s->rlimits[0].hard == RLIM_INFINITY);
	assert_int_equal(s->rlimits[0].implied, 0);
	assert_int_equal(s->rlimits[1].resource, RLIMIT_CORE);
	assert_int_equal(s->rlimits[2].hard, 8 * 1024 * 1024);
	assert_int_equal(s->stop_signal, SIGQUIT);
	assert_int_equal(s->grace_ms, 0);
	assert_int_equal(s->restart, RESTART_UNLESS_EXIT);
	assert_int_equal(s->unless[0], 1);
	assert_int_equal(s->unless[9], 8);
	assert_int_equal(s->stable_ms, 5000);
	assert_int_equal(s->backoff_ms, 100);
	assert_int_equal(s->backoff_max_ms, 1000);
	assert_int_equal(s->limit, 0);
	assert_int_equal(s->retry_ms, 0);
	assert_int_equal(s->ready.kind, READY_TCP);
	assert_string_equal(s->ready.target, "[::1]:2221");
	assert_int_equal(s->log_size, 0);
	assert_int_equal(s->log_count, 1);
	config_free(c);

	c = parse("services: [a]\n");
	s = parse_service(c, "role: provider\n"
	    "command: [lavap, cache, \"127.0.0.1:7777\"]\n");
	assert_int_equal(s->is_lavap, 1);
	assert_int_equal(s->argc, 3);
	assert_int_equal(s->stop_signal, SIGINT);
	assert_int_equal(s->ready.kind, READY_NONE);
	config_free(c);
}

static void
names(void **state)
{
	char	 longest[NAME_SIZE + 1];

	(void)state;
	assert_int_equal(service_name_valid("a"), 1);
	assert_int_equal(service_name_valid("provider1-ETH1"), 1);
	assert_int_equal(service_name_valid("All"), 1);
	assert_int_equal(service_name_valid("all"), 0);
	assert_int_equal(service_name_valid(""), 0);
	assert_int_equal(service_name_valid("a..b"), 0);
	assert_int_equal(service_name_valid("_a"), 0);
	assert_int_equal(service_name_valid("a b"), 0);
	assert_int_equal(service_name_valid("a\n"), 0);
	memset(longest, 'a', sizeof(longest));
	longest[NAME_SIZE] = '\0';
	assert_int_equal(service_name_valid(longest), 0);
	longest[NAME_SIZE - 1] = '\0';
	assert_int_equal(service_name_valid(longest), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(refused_main),
		cmocka_unit_test(refused_service),
		cmocka_unit_test(refused_sizes),
		cmocka_unit_test(main_defaults),
		cmocka_unit_test(main_quorum),
		cmocka_unit_test(main_everything),
		cmocka_unit_test(service_defaults),
		cmocka_unit_test(service_everything),
		cmocka_unit_test(names)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
