/* lavap's own files: what is taken, and where the fault is in what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/protocol_config.h"
#include "common/yaml_tree.h"

#define E		"endpoints:\n"
#define ETH		"  - chain-id: ETH1\n    api-interface: jsonrpc\n"
#define LAV(i)		"  - chain-id: LAV1\n    api-interface: " i "\n"
#define AT(a)		"    network-address: " a "\n"
#define AT_MAP(a)	"    network-address:\n      address: " a "\n"
#define NODE(u)		"    node-urls:\n      - url: " u "\n"

struct row {
	enum protocol_role	 role;
	const char		*text;
	const char		*why;	/* how it begins; NULL: it is good */
};

static const struct row	 rows[] = {
	/* As LavaVisor's documentation has them */
	{ PROTOCOL_PROVIDER, E "  - api-interface: jsonrpc\n"
	    "    chain-id: ETH1\n    network-address:\n"
	    "      address: 127.0.0.1:2221\n    node-urls:\n"
	    "      - url: wss://a:b@prod.example/eth/ws/\n", NULL },
	{ PROTOCOL_CONSUMER, E "    - chain-id: ETH1\n"
	    "      api-interface: jsonrpc\n"
	    "      network-address: 127.0.0.1:3333\n"
	    "metrics-listen-address: \":7779\"\n", NULL },
	{ PROTOCOL_CONSUMER, "Endpoints:\n  - Chain-ID: ETH1\n"
	    "    API-Interface: jsonrpc\n    Network-Address: :80\n", NULL },
	{ PROTOCOL_CONSUMER, E ETH AT("\"[::1]:3333\"") LAV("rest")
	    AT("127.0.0.1:3334"), NULL },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP("0.0.0.0:2221")
	    NODE("https://h/x") LAV("grpc") AT_MAP("0.0.0.0:2221")
	    NODE("127.0.0.1:9090") LAV("rest") AT_MAP("0.0.0.0:2221")
	    NODE("http://h") LAV("tendermintrpc") AT_MAP("0.0.0.0:2221")
	    NODE("ws://h"), NULL },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221")
	    "    node-urls: {url: http://h, addons: [debug]}\n", NULL },

	{ PROTOCOL_CONSUMER, "", "c:1:1: there is no list \"endpoints:\"" },
	{ PROTOCOL_CONSUMER, "a: [\n", "c:2:1: " },
	{ PROTOCOL_CONSUMER, "endpoints: x\n",
	    "c:1:12: there is no list \"endpoints:\"" },
	{ PROTOCOL_CONSUMER, "endpoints: []\n",
	    "c:1:12: there is no endpoint in it" },
	{ PROTOCOL_CONSUMER, E "  - 127.0.0.1:3333\n",
	    "c:2:5: an endpoint is a mapping" },
	{ PROTOCOL_CONSUMER, E "  - api-interface: jsonrpc\n" AT(":1"),
	    "c:2:5: the endpoint has no chain-id" },
	{ PROTOCOL_CONSUMER, E "  - chain-id:\n", "c:2:14: the endpoint has "
	    "no chain-id" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: lava-mainnet-1\n",
	    "c:2:15: chain-id: \"lava-mainnet-1\" is no name of a spec" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: eth1\n",
	    "c:2:15: chain-id: \"eth1\" is no name of a spec" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: \"a\\nb\"\n",
	    "c:2:15: chain-id: \"a?b\" is no name of a spec" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: ETH1\n",
	    "c:2:5: the endpoint has no api-interface" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: ETH1\n"
	    "    api-interface: graphql\n" AT(":1"),
	    "c:3:20: api-interface: \"graphql\" is not one of jsonrpc" },
	{ PROTOCOL_CONSUMER, E "  - chain-id: ETH1\n"
	    "    api-interface: [jsonrpc]\n" AT(":1"),
	    "c:3:20: the endpoint has no api-interface" },
	{ PROTOCOL_CONSUMER, E ETH, "c:2:5: the endpoint has no "
	    "network-address" },
	{ PROTOCOL_CONSUMER, E ETH AT("~"), "c:4:22: the endpoint has no "
	    "network-address" },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1"),
	    "c:4:22: network-address: it must be an address and a port" },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1:0"),
	    "c:4:22: network-address: " },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1:65536"),
	    "c:4:22: network-address: " },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1:http"),
	    "c:4:22: network-address: " },
	{ PROTOCOL_CONSUMER, E ETH AT("1.2.3:80"),
	    "c:4:22: network-address: " },
	{ PROTOCOL_CONSUMER, E ETH AT("::1:80"),
	    "c:4:22: network-address: " },
	{ PROTOCOL_CONSUMER, E ETH AT_MAP("127.0.0.1:3333"),
	    "c:5:7: network-address: of a consumer it is HOST:PORT" },
	{ PROTOCOL_PROVIDER, E ETH AT("127.0.0.1:3333") NODE("http://h"),
	    "c:4:22: network-address: of a provider it is a mapping" },
	{ PROTOCOL_PROVIDER, E ETH "    network-address: {key-pem: x}\n"
	    NODE("http://h"), "c:4:22: network-address: there is no "
	    "\"address: HOST:PORT\"" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221"),
	    "c:2:5: a provider's endpoint needs node-urls" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221") "    node-urls: []\n",
	    "c:6:16: a provider's endpoint needs node-urls" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221") "    node-urls: http://h\n",
	    "c:6:16: node-urls: it must be a list" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221")
	    "    node-urls: [http://h]\n",
	    "c:6:17: node-urls: each is a mapping" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221")
	    "    node-urls: [{addons: [x]}]\n",
	    "c:6:17: node-urls: this node has no url" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221") NODE("\"\""),
	    "c:7:14: node-urls: this node has no url" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221") NODE("s3cret@h:80"),
	    "c:7:14: node-urls: a node's URL begins with http://" },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":2221") NODE("http://"),
	    "c:7:14: node-urls: a node's URL begins with http://" },
	{ PROTOCOL_PROVIDER, E LAV("rest") AT_MAP(":2221") NODE("ws://h"),
	    "c:7:14: node-urls: a node's URL for rest" },
	{ PROTOCOL_PROVIDER, E LAV("grpc") AT_MAP(":2221") NODE("http://h"),
	    "c:7:14: node-urls: a node's URL for grpc has no scheme" },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1:3333") LAV("rest")
	    AT("127.0.0.1:3333"), "c:7:22: network-address: the endpoint in "
	    "line 2 listens on \"127.0.0.1:3333\" already" },
	{ PROTOCOL_CONSUMER, E ETH AT("localhost:3333") LAV("rest")
	    AT("127.0.0.1:3333"), "c:7:22: " },
	{ PROTOCOL_CONSUMER, E ETH AT("127.0.0.1:3333") LAV("rest")
	    AT(":3333"), "c:7:22: " },
	{ PROTOCOL_PROVIDER, E ETH AT_MAP(":1") NODE("http://h")
	    ETH AT_MAP(":1") NODE("http://h"),
	    "c:8:5: the endpoint in line 2 has jsonrpc of ETH1 on this" }
};

static void
checks(void **state)
{
	const struct row	*r;
	struct protocol_config	 c;
	char			 error[512];
	size_t			 i;
	int			 got;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		error[0] = '\0';
		got = protocol_config_read(&c, "c", r->text, strlen(r->text),
		    error, sizeof(error));
		if (got == 0) {
			got = protocol_config_check(&c, r->role, error,
			    sizeof(error));
			protocol_config_free(&c);
		}
		if (r->why == NULL && got == 0)
			continue;
		if (r->why == NULL || got == 0 ||
		    strncmp(error, r->why, strlen(r->why)) != 0)
			fail_msg("row %zu: %s\nsays: %s", i, r->text, error);
		assert_null(strstr(error, "s3cret"));
		assert_null(strchr(error, '\n'));
	}
}

static void
reads(void **state)
{
	static const char	 good[] = E ETH AT(":1")
	    "    tls-enabled: True\n    health-check-path: /h\n"
	    LAV("rest") "    listen-address: :2\n";
	struct protocol_config	 c;
	char			 error[512];

	(void)state;
	assert_int_equal(protocol_config_read(&c, "c", good, sizeof(good) - 1,
	    error, sizeof(error)), 0);
	assert_int_equal(c.count, 2);
	assert_string_equal(c.endpoints[0].address->text, ":1");
	assert_string_equal(c.endpoints[0].health_path->text, "/h");
	assert_int_equal(c.endpoints[0].tls, 1);
	assert_string_equal(c.endpoints[1].address->text, ":2");
	assert_int_equal(c.endpoints[1].tls, 0);
	protocol_config_free(&c);
}

static void
clashes(void **state)
{
	static const char	 a[] = E ETH AT("127.0.0.1:1") LAV("rest")
	    AT("127.0.0.1:2");
	static const char	 b[] = E ETH AT("nonsense") LAV("rest")
	    AT(":2") LAV("grpc");
	static const char	 d[] = E ETH AT("127.0.0.1:3");
	struct protocol_config	 x, y, z;
	char			 error[512];

	(void)state;
	assert_int_equal(protocol_config_read(&x, "a", a, sizeof(a) - 1,
	    error, sizeof(error)), 0);
	assert_int_equal(protocol_config_read(&y, "b", b, sizeof(b) - 1,
	    error, sizeof(error)), 0);
	assert_int_equal(protocol_config_read(&z, "d", d, sizeof(d) - 1,
	    error, sizeof(error)), 0);
	assert_string_equal(protocol_config_clash(&x, &y), "127.0.0.1:2");
	assert_null(protocol_config_clash(&x, &z));
	assert_null(protocol_config_clash(&y, &z));
	protocol_config_free(&x);
	protocol_config_free(&y);
	protocol_config_free(&z);
}

static void
is_bounded(void **state)
{
	static char		 text[PROTOCOL_CONFIG_MAX + 1];
	struct protocol_config	 c;
	char			 error[512];

	(void)state;
	memset(text, '#', sizeof(text));
	assert_int_equal(protocol_config_read(&c, "c", text, sizeof(text),
	    error, sizeof(error)), -1);
	assert_non_null(strstr(error, "larger than"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(checks),
		cmocka_unit_test(reads),
		cmocka_unit_test(clashes),
		cmocka_unit_test(is_bounded)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
