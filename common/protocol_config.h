/*
 * lavap's own provider or consumer config, the file that `lavap rpcprovider
 * NAME.yml' and `lavap rpcconsumer NAME.yml' read:
 *
 *	endpoints:
 *	  - chain-id: ETH1
 *	    api-interface: jsonrpc
 *	    network-address: 127.0.0.1:3333		(consumer)
 *	    network-address:
 *	      address: 127.0.0.1:2221			(provider)
 *	    node-urls:
 *	      - url: wss://user:password@node.example/ws	(provider)
 *
 * It is another program's file: keys are read without regard to case, and
 * what is not known here is left alone.  Source of the format: RPCEndpoint,
 * RPCProviderEndpoint and NodeUrl in protocol/lavasession and protocol/common
 * of https://github.com/lavanet/lava.
 *
 * No I/O.  Errors are one line "file:line:col: text" and never quote a node's
 * URL, which may hold a password.
 */

#ifndef COMMON_PROTOCOL_CONFIG_H
#define COMMON_PROTOCOL_CONFIG_H

#include <stddef.h>

#define PROTOCOL_CONFIG_MAX	(256 * 1024)	/* bytes of a file */

enum protocol_role {
	PROTOCOL_PROVIDER,
	PROTOCOL_CONSUMER
};

struct yaml_node;

/* All but the array belong to the tree; NULL where nothing is written. */
struct protocol_endpoint {
	const struct yaml_node	*at;		/* the endpoint itself */
	const struct yaml_node	*chain_id;
	const struct yaml_node	*api_interface;
	const struct yaml_node	*network;	/* text or mapping */
	const struct yaml_node	*address;	/* not empty text */
	const struct yaml_node	*node_urls;	/* list or one mapping */
	const struct yaml_node	*health_path;
	int			 tls;		/* tls-enabled: true */
};

struct protocol_config {
	const char			*file;	/* as given, for errors */
	struct yaml_node		*root;
	const struct yaml_node		*list;	/* endpoints: */
	struct protocol_endpoint	*endpoints;
	size_t				 count;
};

/*
 * Reads len bytes of text as far as the list of endpoints.  0, then
 * protocol_config_free(); or -1 with error: too large, no YAML, no list.
 */
int	 protocol_config_read(struct protocol_config *, const char *file,
	    const void *text, size_t len, char *error, size_t size);

/*
 * Whether lavap of that role would take it: at least one endpoint, each with
 * the chain id of a spec (ETH1), an api-interface that there is and an address
 * to listen on; a consumer has no two on one address, a provider no chain and
 * interface twice on one, and nodes with URLs that fit the interface.  0, or
 * -1 with error.
 */
int	 protocol_config_check(const struct protocol_config *,
	    enum protocol_role, char *error, size_t size);

/*
 * The first address on which both would listen, of a, or NULL.  What is no
 * address is left out.
 */
const char	*protocol_config_clash(const struct protocol_config *a,
		    const struct protocol_config *b);

void	 protocol_config_free(struct protocol_config *);

#endif
