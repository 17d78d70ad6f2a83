#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/protocol_config.h"
#include "common/service_name.h"
#include "common/url.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/create_order.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/next_step.h"
#include "lavavisorctl/local/service_file.h"
#include "lavavisorctl/local/service_others.h"
#include "lavavisorctl/local/service_place.h"
#include "lavavisorctl/local/service_user.h"

#define NAME_MAX_COPY	512	/* of a name that may be too long */

/* One create-service on its way */
struct creation {
	struct create_order	 order;
	struct service_place	 at;
	struct service_user	 user;
	struct service_file	 file;
	char			 source[PATH_MAX];	/* CONFIG as found */
	char			*config;
	size_t			 config_len;
	char			*text;		/* of services/NAME.yml */
	size_t			 text_len;
	char			 name[NAME_MAX_COPY];
	char			 config_name[NAME_MAX_COPY];
	char			 lava_home[PATH_MAX];
	char			 parallel[16];
	struct kept_file	 old_config;
	struct kept_file	 old_file;
	int			 same_config;
	int			 same_file;
	int			 listed;
	char			 why[4096];
};

static int	check_config(struct creation *);
static void	check_chain(const struct creation *);
static int	check_user(struct creation *);
static int	choose_name(struct creation *);
static int	compare(struct creation *);
static void	describe(struct creation *);
static int	find_config(struct creation *);
static void	fill(struct creation *);
static int	has_other_role(struct creation *, const char *);
static int	keep_old(struct creation *, const struct kept_file *);
static int	put(struct creation *);
static int	put_files(struct creation *);
static int	read_config(const char *, struct creation *);
static int	read_old(struct creation *);
static int	run(struct creation *);
static void	take_back(struct creation *);
static void	warn_of(struct creation *);

/* 0, 1 if there is no such file, or -1 */
static int
read_config(const char *path, struct creation *c)
{
	struct stat	 st;
	ssize_t		 n;
	int		 fd, saved;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		saved = errno;
		snprintf(c->why, sizeof(c->why), "%.3000s: %s", path,
		    strerror(saved));
		return saved == ENOENT ? 1 : -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		snprintf(c->why, sizeof(c->why), "%.3000s: it is %s", path,
		    S_ISDIR(st.st_mode) ? "a directory: name the config in it"
		    : "no regular file");
		close(fd);
		return S_ISDIR(st.st_mode) ? 1 : -1;
	}
	if ((c->config = malloc(PROTOCOL_CONFIG_MAX + 2)) == NULL) {
		close(fd);
		snprintf(c->why, sizeof(c->why), "out of memory");
		return -1;
	}
	c->config_len = 0;
	while (c->config_len <= PROTOCOL_CONFIG_MAX && (n = read(fd,
	    c->config + c->config_len, PROTOCOL_CONFIG_MAX + 1 -
	    c->config_len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			snprintf(c->why, sizeof(c->why), "%.3000s: %s", path,
			    strerror(errno));
			close(fd);
			return -1;
		}
		c->config_len += (size_t)n;
	}
	c->config[c->config_len] = '\0';
	close(fd);
	strlcpy(c->source, path, sizeof(c->source));
	return 0;
}

/* As lavap's own lookup: with or without .yml */
static int
find_config(struct creation *c)
{
	static const char *const	 endings[] = { "", ".yml", ".yaml" };
	char				 path[PATH_MAX], first[sizeof(c->why)];
	struct stat			 st;
	size_t				 i;
	int				 found;

	for (i = 0; i < 3; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s%s",
		    c->order.config, endings[i]) >= sizeof(path)) {
			snprintf(c->why, sizeof(c->why), "%.60s...: %s",
			    c->order.config, strerror(ENAMETOOLONG));
			return -1;
		}
		if ((found = read_config(path, c)) <= 0)
			return found;
		if (i == 0)
			strlcpy(first, c->why, sizeof(first));
	}
	if (stat(c->order.config, &st) == 0) {
		strlcpy(c->why, first, sizeof(c->why));
		return -1;
	}
	snprintf(c->why, sizeof(c->why), "%.600s: %s, with and without .yml: "
	    "name the file that lavap's rpc%s is to read", c->order.config,
	    strerror(ENOENT), c->order.role_name);
	return -1;
}

static int
check_config(struct creation *c)
{
	struct protocol_config	 protocol;
	int			 result;

	if (protocol_config_read(&protocol, c->source, c->config,
	    c->config_len, c->why, sizeof(c->why)) == -1)
		return -1;
	result = protocol_config_check(&protocol, c->order.role, c->why,
	    sizeof(c->why));
	protocol_config_free(&protocol);
	return result;
}

/* A service of that name is there, and not of our role */
static int
has_other_role(struct creation *c, const char *name)
{
	struct kept_file	 k;
	char			 path[PLACE_PATH_SIZE + 128], *role;
	char			 why[512];
	int			 other = 0;

	service_place_path(&c->at, 0, name, path, sizeof(path));
	if (kept_file_read(&k, c->at.services, name, path, why,
	    sizeof(why)) == -1 || k.text == NULL)
		return 0;
	if ((role = service_file_value(k.text, k.len, "role")) !=
	    NULL)
		other = strcmp(role, c->order.role_name) != 0;
	free(role);
	kept_file_free(&k);
	return other;
}

/* The config's own, but for a provider and a consumer of one config */
static int
choose_name(struct creation *c)
{
	const char	*base;
	size_t		 len;

	if (c->order.name != NULL) {
		strlcpy(c->name, c->order.name, sizeof(c->name));
		return 0;
	}
	base = strrchr(c->source, '/');
	base = base != NULL ? base + 1 : c->source;
	if (strlcpy(c->name, base, sizeof(c->name)) >= sizeof(c->name))
		c->name[sizeof(c->name) - 1] = '\0';
	len = strlen(c->name);
	if (len > 4 && strcmp(c->name + len - 4, ".yml") == 0)
		c->name[len - 4] = '\0';
	else if (len > 5 && strcmp(c->name + len - 5, ".yaml") == 0)
		c->name[len - 5] = '\0';
	if (service_name_valid(c->name) && has_other_role(c, c->name)) {
		len = strlen(c->name);
		snprintf(c->name + len, sizeof(c->name) - len, "-%s",
		    c->order.role_name);
	}
	if (service_name_valid(c->name))
		return 0;
	snprintf(c->why, sizeof(c->why), "\"%.80s\", from the file's name, is "
	    "no name for a service: " SERVICE_NAME_RULE "; give another with "
	    "--name", c->name);
	return -1;
}

static int
check_user(struct creation *c)
{
	char	 path[PLACE_PATH_SIZE + 128];

	if (c->order.lava_home != NULL)
		strlcpy(c->lava_home, c->order.lava_home,
		    sizeof(c->lava_home));
	else
		snprintf(c->lava_home, sizeof(c->lava_home), "%s%s.lava",
		    c->user.home, strcmp(c->user.home, "/") == 0 ? "" : "/");
	snprintf(path, sizeof(path), "%s/services/service_configs",
	    c->at.place.directory);
	if (service_user_reaches(&c->user, path, c->why, sizeof(c->why)) ==
	    -1)
		return -1;
	return service_user_config_seen(c->lava_home, c->name, c->config,
	    c->config_len, c->why, sizeof(c->why));
}

static void
fill(struct creation *c)
{
	struct create_order	*o = &c->order;
	struct service_file	*f = &c->file;
	size_t			 i;

	snprintf(c->config_name, sizeof(c->config_name), "%.63s.yml",
	    c->name);
	f->role = o->role_name;
	f->config = c->config_name;
	f->from = o->from;
	f->geolocation = o->geolocation;
	f->chain_id = o->chain_id;
	f->keyring_backend = o->keyring_backend;
	f->passphrase = o->passphrase;
	f->node = o->node;
	if (o->log_level != NULL) {
		f->arguments[f->narguments++] = "--log_level";
		f->arguments[f->narguments++] = o->log_level;
	}
	if (o->parallel != NULL) {
		f->arguments[f->narguments++] = "--parallel-connections";
		f->arguments[f->narguments++] = o->parallel;
	}
	for (i = 0; i < o->nrest; i++)
		f->arguments[f->narguments++] = o->rest[i];
	f->user = c->user.is_written ? c->user.name : NULL;
	f->allow_root = c->user.is_written && c->user.is_root;
	f->lava_home = c->lava_home;
	c->text = service_file_text(f, &c->text_len);
}

static int
read_old(struct creation *c)
{
	char	 path[PLACE_PATH_SIZE + 128];

	service_place_path(&c->at, 1, c->name, path, sizeof(path));
	if (kept_file_read(&c->old_config, c->at.configs, c->name, path,
	    c->why, sizeof(c->why)) == -1)
		return -1;
	service_place_path(&c->at, 0, c->name, path, sizeof(path));
	if (kept_file_read(&c->old_file, c->at.services, c->name, path,
	    c->why, sizeof(c->why)) == -1)
		return -1;
	c->listed = config_list_has(c->at.place.config, c->at.text, c->at.len,
	    c->name, c->why, sizeof(c->why));
	return c->listed == -1 ? -1 : 0;
}

/* What is there already, and whether it may be written over */
static int
compare(struct creation *c)
{
	char	 path[PLACE_PATH_SIZE + 128], what[1024] = "";
	int	 differs = 0;

	if (read_old(c) == -1)
		return -1;
	service_place_path(&c->at, 0, c->name, path, sizeof(path));
	if (c->old_file.text != NULL)
		differs = service_file_compare(&c->file, path,
		    c->old_file.text, c->old_file.len, what, sizeof(what));
	c->same_file = c->old_file.text != NULL && differs == 0;
	c->same_config = c->old_config.text != NULL &&
	    c->old_config.len == c->config_len &&
	    memcmp(c->old_config.text, c->config, c->config_len) == 0;
	if (c->order.replace)
		return 0;
	if (differs == -1)
		snprintf(c->why, sizeof(c->why), "%s; --replace writes it "
		    "anew", what);
	else if (differs == 1)
		snprintf(c->why, sizeof(c->why), "%.1100s is there and says "
		    "otherwise (%s): --replace writes it anew, --name makes "
		    "another service", path, what);
	else if (c->old_config.text != NULL && !c->same_config) {
		service_place_path(&c->at, 1, c->name, path, sizeof(path));
		snprintf(c->why, sizeof(c->why), "%.1100s is there and is not "
		    "what is in %.1100s: --replace writes it anew, --name "
		    "makes another service", path, c->source);
	} else
		return 0;
	return -1;
}

static int
keep_old(struct creation *c, const struct kept_file *k)
{
	struct kept_file	 copy = *k;

	snprintf(copy.name, sizeof(copy.name), "%.200s.old", k->name);
	if (kept_file_restore(&copy) == 0)
		return 0;
	snprintf(c->why, sizeof(c->why), "%s cannot be written: %s",
	    copy.name, strerror(errno));
	return -1;
}

static void
take_back(struct creation *c)
{
	if (!c->same_file && kept_file_restore(&c->old_file) == -1)
		local_complain(LOCAL_FAILED, "%s cannot be put back: %s",
		    c->old_file.name, strerror(errno));
	if (!c->same_config && kept_file_restore(&c->old_config) == -1)
		local_complain(LOCAL_FAILED, "the config %s cannot be put "
		    "back: %s", c->old_config.name, strerror(errno));
}

/* The config first: nothing names it yet. */
static int
put_files(struct creation *c)
{
	gid_t	 group = geteuid() == 0 ? c->user.gid : (gid_t)-1;
	mode_t	 mode = 0644;
	struct url	 u;
	const char	*why;

	/* A password in it is nobody else's to read. */
	if (c->order.node != NULL && url_parse(c->order.node, &u, &why) == 0 &&
	    u.userinfo)
		mode = 0640;
	if (!c->same_config) {
		if (c->old_config.text != NULL &&
		    keep_old(c, &c->old_config) == -1)
			return -1;
		if (atomic_write_group(c->at.configs, c->config_name, 0640,
		    group, c->config, c->config_len, ATOMIC_SYNC) == -1)
			goto fail;
	}
	if (!c->same_file) {
		if (c->old_file.text != NULL &&
		    keep_old(c, &c->old_file) == -1)
			return -1;
		if (atomic_write(c->at.services, c->config_name, mode,
		    c->text, c->text_len, ATOMIC_SYNC) == -1)
			goto fail;
	}
	return 0;
fail:
	snprintf(c->why, sizeof(c->why), "%s of %s cannot be written: %s",
	    c->config_name, c->at.place.directory, strerror(errno));
	return -1;
}

/* Until config.yml names it no daemon looks at what was written. */
static int
put(struct creation *c)
{
	enum list_edit	 edit;
	char		*list = NULL;
	size_t		 len = 0;
	int		 result = -1;

	edit = config_list_add(c->at.place.config, c->at.text, c->at.len,
	    c->name, &list, &len, c->why, sizeof(c->why));
	if (edit == LIST_REFUSED)
		return -1;
	if (put_files(c) == 0 && service_place_check(&c->at, list, len,
	    c->why, sizeof(c->why)) == 0 && (list == NULL ||
	    service_place_publish(&c->at, list, len, c->why,
	    sizeof(c->why)) == 0))
		result = 0;
	if (result == -1)
		take_back(c);
	free(list);
	return result;
}

static void
describe(struct creation *c)
{
	struct protocol_config	 protocol;
	char			 path[PLACE_PATH_SIZE + 128], error[512];
	size_t			 i;

	printf("%s: a %s", c->name, c->order.role_name);
	/* It has been checked. */
	if (protocol_config_read(&protocol, c->source, c->config,
	    c->config_len, error, sizeof(error)) == -1)
		return;
	for (i = 0; i < protocol.count; i++)
		printf("%s%s %s on %s", i == 0 ? " of " : ", ",
		    protocol.endpoints[i].chain_id->text,
		    protocol.endpoints[i].api_interface->text,
		    protocol.endpoints[i].address->text);
	printf(", as user %s\n", c->user.name);
	service_place_path(&c->at, 1, c->name, path, sizeof(path));
	printf("  %s\tlavap's config, a copy of %s: change this one\n", path,
	    c->source);
	service_place_path(&c->at, 0, c->name, path, sizeof(path));
	printf("  %s\tthe service\n", path);
	printf("  %s\tlists it\n", c->at.place.config);
	if (service_other_listens(&c->at, c->name, &protocol, error,
	    sizeof(error)))
		printf("note: %s\n", error);
	protocol_config_free(&protocol);
}

/* Two chains in one place are more often a slip than a plan. */
static void
check_chain(const struct creation *c)
{
	struct yaml_problem	 problem;
	struct yaml_node	*root;
	const struct yaml_node	*n;

	if (c->order.chain_id == NULL || yaml_tree_read(c->at.text, c->at.len,
	    0, &root, &problem) == -1)
		return;
	if (root != NULL && root->kind == YAML_MAP)
		for (n = root->child; n != NULL; n = n->next->next)
			if (strcmp(n->text, "chain-id") == 0 &&
			    n->next->kind == YAML_TEXT &&
			    strcmp(n->next->text, c->order.chain_id) != 0)
				printf("note: --chain-id %s is not the chain "
				    "whose versions are followed, %s in "
				    "%s:%u\n", c->order.chain_id,
				    n->next->text, c->at.place.config,
				    n->next->line);
	yaml_tree_free(root);
}

/* What will keep lavap from serving, though it is no fault of ours */
static void
warn_of(struct creation *c)
{
	char	 why[1024];

	check_chain(c);
	if (c->order.passphrase != NULL) {
		if (strcmp(c->order.passphrase, "prompt") == 0)
			printf("note: it waits for its passphrase: "
			    "`lavavisorctl unlock %s' asks for it, after each "
			    "start of the daemon\n", c->name);
	} else if (!service_user_has_key(c->lava_home, c->order.keyring_backend,
	    c->order.from, why, sizeof(why)))
		printf("note: %s\n", why);
	if (c->order.node == NULL)
		printf("note: without --node lavap asks "
		    "tcp://localhost:26657\n");
	if (c->order.create_link)
		printf("note: --create-link is not needed: lavavisord runs "
		    "the service itself, without systemd\n");
}

static int
run(struct creation *c)
{
	if (service_user_find(&c->user, c->order.user, c->order.allow_root,
	    c->why, sizeof(c->why)) == -1)
		return local_complain(LOCAL_USAGE, "%s", c->why);
	if (find_config(c) == -1 || check_config(c) == -1)
		return local_complain(LOCAL_FAILED, "%s", c->why);
	if (service_place_open(&c->at, c->order.directory, 1, c->why,
	    sizeof(c->why)) == -1)
		return local_complain(LOCAL_FAILED, "%s", c->why);
	if (choose_name(c) == -1)
		return local_complain(LOCAL_USAGE, "%s", c->why);
	if (check_user(c) == -1)
		return local_complain(LOCAL_FAILED, "%s", c->why);
	fill(c);
	if (compare(c) == -1)
		return local_complain(LOCAL_FAILED, "%s", c->why);
	if (c->same_config && c->same_file && c->listed) {
		printf("%s: it is all there already, nothing is changed\n",
		    c->name);
		return LOCAL_DONE;
	}
	if (put(c) == -1)
		return local_complain(LOCAL_FAILED, "%s: nothing is changed: "
		    "%s", c->name, c->why);
	describe(c);
	warn_of(c);
	/* A reload restarts for another definition, not for another config. */
	if (c->listed && !c->same_config && place_has_daemon(&c->at.place))
		printf("next: lavavisorctl restart %s, as lavap reads its "
		    "config only when it starts\n", c->name);
	return next_step(&c->at.place, c->order.directory, c->order.reload);
}

int
local_create_service(int argc, char *const argv[])
{
	struct creation	*c;
	int		 code;
	size_t		 i;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return local_complain(LOCAL_FAILED, "out of memory");
	c->at.services = c->at.configs = c->at.main = -1;
	if (create_order_read(&c->order, argc, argv, c->why,
	    sizeof(c->why)) == -1)
		code = local_complain(LOCAL_USAGE, "%s", c->why);
	else if (!c->order.help)
		code = run(c);
	else {
		for (i = 0; i < local_commands_count; i++)
			if (local_commands[i].run == local_create_service)
				local_usage(&local_commands[i]);
		create_order_help();
		code = LOCAL_DONE;
	}
	service_place_close(&c->at);
	kept_file_free(&c->old_config);
	kept_file_free(&c->old_file);
	free(c->config);
	free(c->text);
	free(c);
	return code;
}
