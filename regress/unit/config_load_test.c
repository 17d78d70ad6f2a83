/*
 * The configuration on disk: who may have written it, accounts, listen
 * addresses in lavap's files, what a reload would do, and our examples.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lavavisord/config.h"

#define PROVIDER	"role: provider\nconfig: p.yml\nfrom: f\n" \
			"geolocation: 1\n"

static char	 dir[256];
static char	 error[CONFIG_ERROR_SIZE];

static const char *
path_of(const char *name)
{
	static char	 path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	const char	*path = path_of(name);
	int		 fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
setup(void **state)
{
	const char	*tmp = getenv("TMPDIR");

	(void)state;
	umask(022);
	snprintf(dir, sizeof(dir), "%s/config.XXXXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return -1;
	mkdir(path_of("services"), 0755);
	mkdir(path_of("services/service_configs"), 0755);
	put("config.yml", "services:\n  - a\n");
	put("services/a.yml", PROVIDER);
	put("services/service_configs/p.yml",
	    "endpoints:\n  - network-address: 127.0.0.1:3333\n");
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "config.yml", "link.yml",
	    "key.pub", "other/link.yml", "services/a.yml",
	    "services/service_configs/p.yml" };
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("other"));
	rmdir(path_of("services/service_configs"));
	rmdir(path_of("services"));
	return rmdir(dir);
}

static int
load(struct config **c)
{
	char	 path[PATH_MAX];

	error[0] = '\0';
	snprintf(path, sizeof(path), "%s/config.yml", dir);
	return config_load(path, dir, c, error, sizeof(error));
}

/* The load fails with "DIR/" and this. */
static void
load_fails(const char *want)
{
	struct config	*c;
	char		 line[CONFIG_ERROR_SIZE];

	assert_int_equal(load(&c), -1);
	assert_null(c);
	snprintf(line, sizeof(line), "%s%s", dir, want);
	assert_string_equal(error, line);
}

/* The same for a key, and what it is for is said */
static void
key_fails(const char *want)
{
	char	 line[CONFIG_ERROR_SIZE];

	snprintf(line, sizeof(line), "%s (one of releases.keys)", want);
	load_fails(line);
}

static void
loads(void **state)
{
	struct config	*c;

	(void)state;
	if (load(&c) == -1)
		fail_msg("%s", error);
	assert_int_equal(c->services_count, 1);
	assert_int_equal(c->services[0].geolocation, 1);
	config_free(c);
	config_free(NULL);
}

static void
missing_files(void **state)
{
	char	 line[CONFIG_ERROR_SIZE];

	(void)state;
	unlink(path_of("services/a.yml"));
	snprintf(line, sizeof(line), "/config.yml:2:5: service \"a\" has no "
	    "file %s/services/a.yml", dir);
	load_fails(line);
	put("config.yml", "services:\n  - servicer1-ETH1.service\n");
	load_fails("/config.yml:2:5: \"servicer1-ETH1.service\" is a systemd "
	    "unit of LavaVisor: take its directory over with \"lavavisorctl "
	    "import\"");
	unlink(path_of("config.yml"));
	load_fails("/config.yml: No such file or directory");
}

static void
errors_name_the_file(void **state)
{
	(void)state;
	put("services/a.yml", PROVIDER "stop-grace: 30\n");
	load_fails("/services/a.yml:5:13: stop-grace: a duration needs a "
	    "unit, as 90s, 10m or 24h");
	put("config.yml", "services:\n  - a\n  - a\n");
	load_fails("/config.yml:3:5: services: \"a\" is there twice");
}

static void
writable_by_others(void **state)
{
	struct config	*c;

	(void)state;
	chmod(path_of("config.yml"), 0664);
	load_fails("/config.yml: others can write to it (mode 0664)");
	chmod(path_of("config.yml"), 0646);
	load_fails("/config.yml: others can write to it (mode 0646)");
	chmod(path_of("config.yml"), 0640);
	chmod(path_of("services/a.yml"), 0666);
	load_fails("/services/a.yml: others can write to it (mode 0666)");
	chmod(path_of("services/a.yml"), 0600);
	chmod(path_of("services"), 0775);
	load_fails("/services: others can write to it (mode 0775)");
	chmod(path_of("services"), 0755);
	chmod(dir, 01777);
	load_fails(": others can write to it (mode 1777)");
	chmod(dir, 0700);
	assert_int_equal(load(&c), 0);
	config_free(c);
}

static void
through_links(void **state)
{
	struct config	*c;
	char		 target[PATH_MAX];

	(void)state;
	mkdir(path_of("other"), 0755);
	put("other/link.yml", "services: []\n");
	snprintf(target, sizeof(target), "%s", path_of("other/link.yml"));
	unlink(path_of("config.yml"));
	assert_int_equal(symlink(target, path_of("config.yml")), 0);
	assert_int_equal(load(&c), 0);
	config_free(c);
	chmod(path_of("other"), 0777);
	load_fails("/other: others can write to it (mode 0777)");
}

static void
owned_by_others(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("owned_by_others needs root\n");
		skip();
	}
	assert_int_equal(chown(path_of("services/a.yml"), 12345, 0), 0);
	load_fails("/services/a.yml: it belongs to uid 12345, who could "
	    "change it");
	assert_int_equal(chown(path_of("services/a.yml"), 0, 12345), 0);
	assert_int_equal(chown(dir, 12345, 0), 0);
	load_fails(": it belongs to uid 12345, who could change it");
	assert_int_equal(chown(dir, 0, 0), 0);
}

static void
not_files(void **state)
{
	(void)state;
	unlink(path_of("config.yml"));
	assert_int_equal(mkfifo(path_of("config.yml"), 0600), 0);
	load_fails("/config.yml: it is no regular file");
	unlink(path_of("config.yml"));
	assert_int_equal(mkdir(path_of("config.yml"), 0700), 0);
	load_fails("/config.yml: it is no regular file");
	rmdir(path_of("config.yml"));
}

static void
large_files(void **state)
{
	FILE	*f;
	int	 i;

	(void)state;
	f = fopen(path_of("config.yml"), "w");
	assert_non_null(f);
	for (i = 0; i < CONFIG_FILE_MAX / 8 + 1; i++)
		fputs("# line.\n", f);
	fclose(f);
	load_fails("/config.yml: it is larger than 262144 bytes");
}

#define KEY	"RWTQ9mPETBcxtaC6K8+ryrlCQ3u2v8vpX1MMBOxLVaT1C2mMzaAI9J4l"

static void
key_files(void **state)
{
	struct config	*c;
	char		 text[PATH_MAX + 100], big[KEY_SIZE + 1];

	(void)state;
	snprintf(text, sizeof(text), "services: []\nreleases:\n"
	    "  trust: signed\n  keys: [%s]\n", path_of("key.pub"));
	put("config.yml", text);
	key_fails("/key.pub: No such file or directory");
	put("key.pub", "untrusted comment: k\n" KEY "\n\n");
	assert_int_equal(load(&c), 0);
	assert_string_equal(c->releases.keys[0].key.name, "key.pub");
	assert_string_equal(c->releases.keys[0].key.text,
	    "untrusted comment: k\n" KEY);
	config_free(c);
	chmod(path_of("key.pub"), 0664);
	key_fails("/key.pub: others can write to it (mode 0664)");
	put("key.pub", "\n");
	key_fails("/key.pub: it holds no public key");
	put("key.pub", KEY "\n");
	key_fails("/key.pub: a public key file has two lines, the first one "
	    "is \"untrusted comment: ...\"");
	put("key.pub", "untrusted comment: k");
	key_fails("/key.pub: a public key file has two lines, the first one "
	    "is \"untrusted comment: ...\"");
	put("key.pub", "untrusted comment: k\n" KEY "\n" KEY "\n");
	key_fails("/key.pub: a public key file has two lines, and one key: "
	    "list the others as files of their own");
	put("key.pub", "untrusted comment: signify secret key\n" KEY "AAAA\n");
	key_fails("/key.pub: its second line is not a public key of signify "
	    "or minisign");
	put("key.pub", "untrusted comment: k\n" KEY "\r\n");
	key_fails("/key.pub: its second line is not a public key of signify "
	    "or minisign");
	memset(big, 'a', sizeof(big));
	big[KEY_SIZE] = '\0';
	put("key.pub", big);
	key_fails("/key.pub: it is larger than 511 bytes");
}

/* One service "a" with this file. */
static struct config *
with(const char *main_text, const char *service)
{
	struct config	*c;

	if (config_parse_memory("c", main_text, strlen(main_text), dir, &c,
	    error, sizeof(error)) == -1)
		fail_msg("%s", error);
	if (service != NULL && config_parse_service(c, &c->services[0], "s",
	    service, strlen(service), error, sizeof(error)) == -1)
		fail_msg("%s", error);
	return c;
}

#define HOOKS_USED	"hooks:\n  pre-upgrade: [/bin/true, x]\n"

static void
hooks_fail(const char *lines, const char *want)
{
	struct config	*c;
	char		 text[512];

	snprintf(text, sizeof(text), "services: [a]\n" HOOKS_USED "%s", lines);
	c = with(text, PROVIDER "user: nobody\n");
	error[0] = '\0';
	assert_int_equal(config_accounts(c, error, sizeof(error)), -1);
	assert_string_equal(error, want);
	config_free(c);
}

static void
account_fails(const char *service, const char *want)
{
	struct config	*c = with("services: [a]\n", service);

	error[0] = '\0';
	assert_int_equal(config_accounts(c, error, sizeof(error)), -1);
	assert_string_equal(error, want);
	config_free(c);
}

static void
accounts_of_root(void **state)
{
	struct config	*c;
	struct passwd	*pw;
	uid_t		 uid;
	gid_t		 gid;

	(void)state;
	if (geteuid() != 0) {
		print_message("accounts_of_root needs root\n");
		skip();
	}
	account_fails(PROVIDER "user: no-such-user\n",
	    "s: user: no-such-user does not exist");
	account_fails(PROVIDER "user: root\n",
	    "s: user: root is root, which needs allow-root: true");
	account_fails(PROVIDER "user: nobody\ngroup: no-such-group\n",
	    "s: group: no-such-group does not exist");
	account_fails(PROVIDER "user: nobody\ngroups: [no-such-group]\n",
	    "s: groups: no-such-group does not exist");
	c = with("services: [a]\n", PROVIDER "user: root\nallow-root: true\n");
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(c->services[0].uid, 0);
	config_free(c);
	assert_non_null(pw = getpwnam("nobody"));
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	hooks_fail("", "c: hooks: there is no \"user:\" whose rights they "
	    "have");
	hooks_fail("  user: no-such-user\n",
	    "c: hooks: user: no-such-user does not exist");
	hooks_fail("  user: root\n",
	    "c: hooks: rights of root need allow-root: true");
	hooks_fail("  user: nobody\n  group: no-such-group\n",
	    "c: hooks: group: no-such-group does not exist");
	c = with("services: [a]\n" HOOKS_USED "  user: nobody\n",
	    PROVIDER "user: nobody\n");
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(c->hooks.uid, uid);
	assert_string_equal(c->hooks.user_name, "nobody");
	assert_int_equal(c->hooks.argc[HOOK_PRE_UPGRADE], 2);
	assert_string_equal(c->hooks.argv[HOOK_PRE_UPGRADE][1], "x");
	config_free(c);
	c = with("services: [a]\n", PROVIDER "user: nobody\ngroups: []\n");
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	/* Again, as after a reload */
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(c->services[0].uid, uid);
	assert_int_equal(c->services[0].gid, gid);
	assert_int_equal(c->services[0].gids_count, 0);
	assert_string_equal(c->services[0].user_name, "nobody");
	config_free(c);
	c = with("services: [a]\n", PROVIDER "user: nobody\n");
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(c->services[0].gids[0], gid);
	config_free(c);
}

static void
accounts_of_user(void **state)
{
	struct config	*c;
	struct passwd	*pw;
	char		 text[256];

	(void)state;
	if (geteuid() == 0) {
		print_message("accounts_of_user needs a plain user\n");
		skip();
	}
	account_fails(PROVIDER "user: root\nallow-root: true\n",
	    "s: user: root is not the user of this unprivileged daemon");
	account_fails(PROVIDER "groups: [tty]\n",
	    "s: groups: an unprivileged daemon cannot set any");
	c = with("services: [a]\n", PROVIDER);
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	assert_int_equal(c->services[0].uid, geteuid());
	assert_int_equal(c->services[0].gid, getegid());
	assert_non_null(c->services[0].home);
	config_free(c);
	if ((pw = getpwuid(geteuid())) == NULL)
		return;
	snprintf(text, sizeof(text), PROVIDER "user: %s\n", pw->pw_name);
	c = with("services: [a]\n", text);
	assert_int_equal(config_accounts(c, error, sizeof(error)), 0);
	config_free(c);
}

static void
listen_addresses(void **state)
{
	static const struct {
		const char	*text;
		const char	*want;	/* "host port," each, or error */
	} table[] = {
		{ "endpoints:\n  - network-address: 127.0.0.1:3333\n",
		    "127.0.0.1 3333," },
		{ "endpoints:\n  - network-address:\n      address: "
		    "\"0.0.0.0:2221\"\n      disable-tls: true\n"
		    "  - network-address: {address: '[::]:2222'}\n",
		    "127.0.0.1 2221,::1 2222," },
		{ "Endpoints:\n  - Listen-Address: ':1'\n", "127.0.0.1 1," },
		{ "endpoints: [{network-address: '127.0.0.1:1'}, "
		    "{network-address: 'localhost:1'}, {chain-id: X}]\n",
		    "127.0.0.1 1," },
		{ "a: &x {address: '127.0.0.1:9'}\n? [k]\n: v\nm: |\n  t\n"
		    "endpoints: [{network-address: '127.0.0.1:1'}]\n"
		    "a: 1\n---\nb: 2\n", "127.0.0.1 1," },
		{ "endpoints: [{network-address: '[0:0::0]:7'}, "
		    "{network-address: '0.0.0.0:7'}, "
		    "{network-address: '127.0.0.1:7', tls-enabled: true}]\n",
		    "::1 7,127.0.0.1 7," },
		{ "endpoints:\n  - network-address: 127.0.0.1:65536\n",
		    "p:2:22: the port must be a number from 1 to 65535" },
		{ "endpoints:\n  - network-address: 127.0.0.1:0\n",
		    "p:2:22: the port must be a number from 1 to 65535" },
		{ "endpoints:\n  - network-address: ':18446744073709551617'\n",
		    "p:2:22: the port must be a number from 1 to 65535" },
		{ "endpoints:\n  - network-address: '::1:80'\n",
		    "p:2:22: an IPv6 address is written in [ ]" },
		{ "endpoints: [*x]\n",
		    "p:1:12: no endpoint has a listen address" },
		{ "", "p:1:1: there is no list \"endpoints:\" in it" },
		{ "endpoints: 1\n",
		    "p:1:12: there is no list \"endpoints:\" in it" },
		{ "- endpoints\n",
		    "p:1:1: there is no list \"endpoints:\" in it" },
		{ "endpoints: []\n",
		    "p:1:12: no endpoint has a listen address" },
		{ "endpoints:\n  - network-address: node.example:1\n",
		    "p:2:22: only a numeric address can be watched" },
		{ "endpoints:\n  - network-address: 127.0.0.1\n",
		    "p:2:22: it must be an address and a port" }
	};
	struct config_address	 list[8];
	char			 got[512];
	size_t			 i, n;
	ssize_t			 count, j;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		got[0] = '\0';
		count = config_listen_memory("p", table[i].text,
		    strlen(table[i].text), READY_TCP, list, 8, got,
		    sizeof(got));
		for (j = 0, n = 0; j < count; j++)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "%s %u,", list[j].host, list[j].port);
		assert_string_equal(got, table[i].want);
	}
	assert_int_equal(config_listen_memory("p", table[1].text,
	    strlen(table[1].text), READY_TCP, list, 1, got, sizeof(got)), 1);
}

static ssize_t
addresses(const struct config *c, struct config_address *list, size_t max)
{
	return config_check_addresses(c, &c->services[0],
	    &c->services[0].ready, list, max, error, sizeof(error));
}

static void
health_of_consumer(void **state)
{
	static const char	 text[] =
	    "endpoints:\n"
	    "  - network-address: 127.0.0.1:3333\n"
	    "  - network-address: '[::]:3334'\n"
	    "    health-check-path: /well\n"
	    "  - {network-address: '127.0.0.1:3335', tls-enabled: true}\n";
	struct config_address	 list[4];

	(void)state;
	assert_int_equal(config_listen_memory("c", text, strlen(text),
	    READY_HTTP, list, 4, error, sizeof(error)), 3);
	assert_string_equal(list[0].url, "http://127.0.0.1:3333/lava/health");
	assert_string_equal(list[1].url, "http://[::1]:3334/well");
	/* Its certificate is for others. */
	assert_string_equal(list[2].url, "");
	assert_int_equal(list[2].port, 3335);
	assert_int_equal(config_listen_memory("c", text, strlen(text),
	    READY_TCP, list, 4, error, sizeof(error)), 3);
	assert_string_equal(list[0].url, "");
}

static void
check_by_url(void **state)
{
	struct config_address	 list[4];
	struct config		*c;

	(void)state;
	c = with("services: [a]\n", PROVIDER
	    "ready: http https://[::1]:8443/x?y\n");
	assert_int_equal(addresses(c, list, 4), 1);
	assert_string_equal(list[0].host, "::1");
	assert_int_equal(list[0].port, 8443);
	assert_string_equal(list[0].url, "https://[::1]:8443/x?y");
	config_free(c);
	c = with("services: [a]\n", PROVIDER
	    "ready: {check: 'http https://a.example/x', "
	    "address: '0.0.0.0:444'}\n");
	assert_int_equal(addresses(c, list, 4), 1);
	assert_string_equal(list[0].host, "127.0.0.1");
	assert_int_equal(list[0].port, 444);
	assert_string_equal(list[0].url, "https://a.example/x");
	config_free(c);
	c = with("services: [a]\n", PROVIDER "ready: http\n");
	assert_int_equal(addresses(c, list, 4), 1);
	assert_string_equal(list[0].url, "http://127.0.0.1:3333/lava/health");
	config_free(c);
}

static void
listen_of_service(void **state)
{
	struct config_address	 list[4];
	struct config		*c;

	(void)state;
	c = with("services: [a]\n", PROVIDER);
	assert_int_equal(addresses(c, list, 4), 1);
	assert_int_equal(list[0].port, 3333);
	config_free(c);
	c = with("services: [a]\n", PROVIDER "ready: tcp 0.0.0.0:4444\n");
	assert_int_equal(addresses(c, list, 4), 1);
	assert_string_equal(list[0].host, "127.0.0.1");
	assert_int_equal(list[0].port, 4444);
	config_free(c);
	c = with("services: [a]\n", PROVIDER "ready: none\n");
	assert_int_equal(addresses(c, list, 4), 0);
	config_free(c);
	unlink(path_of("services/service_configs/p.yml"));
	c = with("services: [a]\n", PROVIDER);
	assert_int_equal(addresses(c, list, 4), -1);
	config_free(c);
}

static void
diff_services(void **state)
{
	static const struct {
		const char	*before, *after;
		int		 kind;		/* -1: no change */
	} table[] = {
		{ "", "", -1 },
		{ "env: {A: '1', B: '2'}\n", "env: {B: '2', A: '1'}\n", -1 },
		{ "rlimits: {core: 0, cpu: 1}\n",
		    "rlimits: {cpu: 1, core: 0}\n", -1 },
		{ "", "restart: always\n", -1 },
		{ "", "stop-grace: 5s\n", CHANGE_POLICY },
		{ "", "restart: never\n", CHANGE_POLICY },
		{ "", "ready: none\n", CHANGE_POLICY },
		{ "", "log: {count: 2}\n", CHANGE_POLICY },
		{ "", "limit: 3\n", CHANGE_POLICY },
		{ "", "arguments: [-x]\n", CHANGE_RESTART },
		{ "", "user: other\n", CHANGE_RESTART },
		{ "", "directory: /x\n", CHANGE_RESTART },
		{ "env: {A: '1'}\n", "env: {A: '2'}\n", CHANGE_RESTART },
		{ "env: {A: '1'}\n", "env: {B: '1'}\n", CHANGE_RESTART },
		{ "", "rlimits: {nofile: 65536}\n", CHANGE_RESTART },
		{ "", "umask: 077\n", CHANGE_RESTART },
		{ "", "groups: []\n", CHANGE_RESTART },
		{ "", "nice: 1\nlimit: 3\n", CHANGE_RESTART }
	};
	struct config		*a, *b;
	struct config_diff	 d;
	char			 text[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), PROVIDER "%s", table[i].before);
		a = with("services: [a]\n", text);
		snprintf(text, sizeof(text), PROVIDER "%s", table[i].after);
		b = with("services: [a]\n", text);
		config_diff(a, b, &d);
		if (table[i].kind == -1) {
			assert_int_equal(d.changes_count, 0);
		} else {
			assert_int_equal(d.changes_count, 1);
			assert_int_equal(d.changes[0].kind, table[i].kind);
			assert_string_equal(d.changes[0].name, "a");
		}
		assert_int_equal(config_service_equal(&a->services[0],
		    &b->services[0]), table[i].kind == -1);
		config_diff_free(&d);
		config_free(a);
		config_free(b);
	}
	a = with("services: [a, b]\n", NULL);
	b = with("services: [c, a]\n", NULL);
	config_diff(a, b, &d);
	assert_int_equal(d.changes_count, 2);
	assert_int_equal(d.changes[0].kind, CHANGE_REMOVED);
	assert_string_equal(d.changes[0].name, "b");
	assert_int_equal(d.changes[1].kind, CHANGE_ADDED);
	assert_string_equal(d.changes[1].name, "c");
	config_diff_free(&d);
	config_free(a);
	config_free(b);
}

static void
diff_main(void **state)
{
	static const struct {
		const char	*after;
		int		 monitor, policy, releases, sandbox;
	} table[] = {
		{ "", 0, 0, 0, 0 },
		{ "poll-interval: 15s\n", 0, 0, 0, 0 },
		{ "poll-interval: 16s\n", 1, 0, 0, 0 },
		{ "nodes: [tcp://h]\n", 1, 0, 0, 0 },
		{ "ca-file: /x\n", 1, 0, 0, 0 },
		{ "chain-id: x\n", 1, 0, 0, 0 },
		{ "policy: {splay: 0s}\n", 0, 1, 0, 0 },
		{ "releases: {keep: 4}\n", 0, 0, 1, 0 },
		{ "releases: {sources: [https://h]}\n", 0, 0, 1, 0 },
		{ "sandbox: off\n", 0, 0, 0, 1 }
	};
	struct config		*a, *b;
	struct config_diff	 d;
	char			 text[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text), "services: []\n%s",
		    table[i].after);
		a = with("services: []\n", NULL);
		b = with(text, NULL);
		config_diff(a, b, &d);
		assert_int_equal(d.monitor, table[i].monitor);
		assert_int_equal(d.policy, table[i].policy);
		assert_int_equal(d.releases, table[i].releases);
		assert_int_equal(d.sandbox, table[i].sandbox);
		assert_int_equal(d.changes_count, 0);
		config_diff_free(&d);
		config_free(a);
		config_free(b);
	}
}

/* The text of a file below etc/examples. */
static char *
example(const char *name)
{
	const char	*top = getenv("TOP");
	char		 path[PATH_MAX], *text;
	size_t		 n;
	FILE		*f;

	snprintf(path, sizeof(path), "%s/etc/examples/%s",
	    top != NULL ? top : ".", name);
	if ((f = fopen(path, "r")) == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	text = calloc(1, 65536);
	assert_non_null(text);
	n = fread(text, 1, 65535, f);
	fclose(f);
	assert_true(n > 0);
	return text;
}

static void
examples(void **state)
{
	static const char *const	 others[] = { "metrics" };
	struct config			*c, *o;
	struct config_address		 list[4];
	char				 name[128], *text, *more;
	size_t				 i;

	(void)state;
	text = example("config.yml");
	c = with(text, NULL);
	free(text);
	assert_int_equal(c->services_count, 2);
	for (i = 0; i < c->services_count; i++) {
		snprintf(name, sizeof(name), "services/%s.yml",
		    c->services[i].name);
		text = example(name);
		if (config_parse_service(c, &c->services[i], name, text,
		    strlen(text), error, sizeof(error)) == -1)
			fail_msg("%s", error);
		free(text);
		snprintf(name, sizeof(name), "services/service_configs/%s",
		    c->services[i].config_file);
		more = example(name);
		assert_int_equal(config_listen_memory(name, more,
		    strlen(more), READY_HTTP, list, 4, error, sizeof(error)),
		    1);
		free(more);
	}
	config_free(c);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(name, sizeof(name), "services/%s.yml", others[i]);
		text = example(name);
		o = with("services: [x]\n", text);
		free(text);
		config_free(o);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(loads, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_files, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(errors_name_the_file, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(writable_by_others, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(through_links, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(owned_by_others, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(not_files, setup, teardown),
		cmocka_unit_test_setup_teardown(large_files, setup, teardown),
		cmocka_unit_test_setup_teardown(key_files, setup, teardown),
		cmocka_unit_test(accounts_of_root),
		cmocka_unit_test(accounts_of_user),
		cmocka_unit_test(listen_addresses),
		cmocka_unit_test(health_of_consumer),
		cmocka_unit_test_setup_teardown(check_by_url, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(listen_of_service, setup,
		    teardown),
		cmocka_unit_test(diff_services),
		cmocka_unit_test(diff_main),
		cmocka_unit_test(examples)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
