#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/import_files.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/own_directory.h"
#include "lavavisorctl/local/service_place.h"
#include "lavavisorctl/local/yaml_quote.h"

#define KEPT_NAME	"config.yml.lavavisor"
#define SUFFIX		".service"

/* One service's files as they were */
struct old {
	struct kept_file	 service;
	struct kept_file	 config;
	int			 write;		/* 0: it is there already */
};

typedef enum list_edit	 list_editor(const char *, const char *, size_t,
			    const char *, char **, size_t *, char *, size_t);

/* The files of a plan on their way */
struct writing {
	struct import_plan	*plan;
	struct service_place	 at;
	struct old		*old;
	char			*list;		/* config.yml to be */
	size_t			 len;
	char			*why;
	size_t			 size;
};

static int	add_nodes(struct writing *, int);
static int	edit_list(struct writing *, int);
static int	edit_name(struct writing *, list_editor *, const char *);
static int	first_config(const struct place *, const struct import_plan *,
		    char *, size_t);
static int	is_bare(const char *, size_t);
static int	keep_main(struct writing *);
static int	publish(struct writing *, int);
static int	read_old(struct writing *);
static int	remove_units(struct writing *);
static void	take_back(struct writing *);
static gid_t	user_group(const struct import_service *);
static int	write_service(struct writing *, size_t);

/* An empty one, to be filled; 0, or -1 with why. */
static int
first_config(const struct place *place, const struct import_plan *p,
    char *why, size_t size)
{
	char	 text[PATH_MAX + 64];
	int	 fd, n;

	if ((fd = open(place->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0644)) == -1) {
		if (errno == EEXIST)
			return 0;
		snprintf(why, size, "%s cannot be made: %s", place->config,
		    strerror(errno));
		return -1;
	}
	n = snprintf(text, sizeof(text), "# Taken over from %s\n# by "
	    "`lavavisorctl import'; every key is in lavavisord.yml(5).\n"
	    "services:\n", p->from);
	if (write(fd, text, (size_t)n) != n || fsync(fd) == -1) {
		snprintf(why, size, "%s: %s", place->config, strerror(errno));
		close(fd);
		unlink(place->config);
		return -1;
	}
	close(fd);
	return 0;
}

/* 1 if a block of nothing but services:, as LavaVisor's own */
static int
is_bare(const char *text, size_t len)
{
	const struct yaml_node	*n;
	struct yaml_node	*root;
	struct yaml_problem	 problem;
	int			 bare = 0;

	if (yaml_tree_read(text, len, 0, &root, &problem) == -1)
		return 0;
	if (root != NULL && root->kind == YAML_MAP &&
	    (n = root->child) != NULL && n->column == 1 &&
	    n->next->next == NULL && n->kind == YAML_TEXT &&
	    strcmp(n->text, "services") == 0 &&
	    memchr(text, '{', len) == NULL)
		bare = 1;
	yaml_tree_free(root);
	return bare;
}

static int
edit_name(struct writing *w, list_editor *editor, const char *name)
{
	enum list_edit	 edit;
	char		*text = NULL;
	size_t		 len = 0;

	edit = editor(w->at.place.config, w->list, w->len, name, &text, &len,
	    w->why, w->size);
	if (edit == LIST_REFUSED)
		return -1;
	if (edit == LIST_EDITED) {
		free(w->list);
		w->list = text;
		w->len = len;
	}
	return 0;
}

/* Names that no service of lavavisord's has a file for */
static int
remove_units(struct writing *w)
{
	const struct yaml_node	*n, *list = NULL;
	struct yaml_node	*root;
	struct yaml_problem	 problem;
	size_t			 k;
	int			 bad = 0;

	if (yaml_tree_read(w->at.text, w->at.len, 0, &root, &problem) == -1) {
		snprintf(w->why, w->size, "%s:%u:%u: %s", w->at.place.config,
		    problem.line, problem.column, problem.text);
		return -1;
	}
	for (n = root != NULL && root->kind == YAML_MAP ? root->child : NULL;
	    n != NULL; n = n->next->next)
		if (n->kind == YAML_TEXT && strcmp(n->text, "services") == 0)
			list = n->next;
	for (n = list != NULL ? list->child : NULL; n != NULL && !bad;
	    n = n->next) {
		if (n->kind != YAML_TEXT)
			continue;
		k = strlen(n->text);
		if (k > strlen(SUFFIX) && strcmp(n->text + k -
		    strlen(SUFFIX), SUFFIX) == 0)
			bad = edit_name(w, config_list_remove, n->text);
	}
	yaml_tree_free(root);
	return bad;
}

/* What the units said of the chain, where the config says nothing */
static int
add_nodes(struct writing *w, int bare)
{
	struct import_plan	*p = w->plan;
	char			*text;
	size_t			 len;
	FILE			*f;

	if (!bare || (p->chain_id == NULL && p->node == NULL))
		return 0;
	if ((f = open_memstream(&text, &len)) == NULL)
		fatal("open_memstream");
	fwrite(w->list, 1, w->len, f);
	if (w->len > 0 && w->list[w->len - 1] != '\n')
		fputc('\n', f);
	if (p->chain_id != NULL) {
		fputs("chain-id: ", f);
		yaml_put(f, p->chain_id);
		fputc('\n', f);
	}
	if (p->node != NULL) {
		fputs("nodes:\n  - url: ", f);
		yaml_put(f, p->node);
		fputc('\n', f);
	}
	if (fclose(f) == EOF)
		fatal("fclose");
	free(w->list);
	w->list = text;
	w->len = len;
	return 1;
}

/* 1 changed, 0 not, or -1 with why */
static int
edit_list(struct writing *w, int in_place)
{
	size_t	 i;
	int	 bare = is_bare(w->at.text, w->at.len);

	if ((w->list = malloc(w->at.len + 1)) == NULL)
		fatal(NULL);
	memcpy(w->list, w->at.text, w->at.len + 1);
	w->len = w->at.len;
	if (in_place && remove_units(w) == -1)
		return -1;
	for (i = 0; i < w->plan->nservices; i++)
		if (edit_name(w, config_list_add,
		    w->plan->services[i].name) == -1)
			return -1;
	add_nodes(w, bare);
	return w->len != w->at.len || memcmp(w->list, w->at.text, w->len) != 0;
}

/* What is there and says otherwise has been changed by hand since. */
static int
read_old(struct writing *w)
{
	struct import_service	*s;
	struct old		*o;
	char			 path[PLACE_PATH_SIZE + 128];
	size_t			 i;

	for (i = 0; i < w->plan->nservices; i++) {
		s = &w->plan->services[i];
		o = &w->old[i];
		service_place_path(&w->at, 0, s->name, path, sizeof(path));
		if (kept_file_read(&o->service, w->at.services, s->name, path,
		    w->why, w->size) == -1)
			return -1;
		o->write = o->service.text == NULL;
		if (o->service.text != NULL && (o->service.len != s->len ||
		    memcmp(o->service.text, s->text, s->len) != 0))
			import_note(w->plan, "%s: %s is there and says "
			    "otherwise: it stays", s->name, path);
		service_place_path(&w->at, 1, s->name, path, sizeof(path));
		if (kept_file_read(&o->config, w->at.configs, s->name, path,
		    w->why, w->size) == -1)
			return -1;
	}
	return 0;
}

/* Who is to read its config, which may hold credentials */
static gid_t
user_group(const struct import_service *s)
{
	struct passwd	*pw;

	if (geteuid() != 0 || s->user == NULL ||
	    (pw = getpwnam(s->user)) == NULL)
		return (gid_t)-1;
	return pw->pw_gid;
}

static int
write_service(struct writing *w, size_t i)
{
	struct import_service	*s = &w->plan->services[i];
	struct old		*o = &w->old[i];
	char			 name[NAME_SIZE + 8];

	snprintf(name, sizeof(name), "%s.yml", s->name);
	if (!o->write)
		return 0;
	if (s->config != NULL && (o->config.text == NULL ||
	    o->config.len != s->config_len || memcmp(o->config.text,
	    s->config, s->config_len) != 0) && atomic_write_group(
	    w->at.configs, name, 0640, user_group(s), s->config,
	    s->config_len, ATOMIC_SYNC) == -1)
		goto fail;
	/* node: may have a password in it. */
	if (atomic_write(w->at.services, name, 0640, s->text, s->len,
	    ATOMIC_SYNC) == 0)
		return 0;
fail:
	snprintf(w->why, w->size, "%s of %s cannot be written: %s", name,
	    w->at.place.directory, strerror(errno));
	return -1;
}

static void
take_back(struct writing *w)
{
	size_t	 i;

	for (i = 0; i < w->plan->nservices; i++)
		if (w->old[i].write &&
		    (kept_file_restore(&w->old[i].service) == -1 ||
		    (w->plan->services[i].config != NULL &&
		    kept_file_restore(&w->old[i].config) == -1)))
			local_complain(LOCAL_FAILED, "%s cannot be put back: "
			    "%s", w->old[i].service.name, strerror(errno));
}

/* LavaVisor's own, for who wants to go back */
static int
keep_main(struct writing *w)
{
	struct stat	 st;

	if (fstatat(w->at.main, KEPT_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (atomic_write(w->at.main, KEPT_NAME, w->at.main_mode, w->at.text,
	    w->at.len, ATOMIC_SYNC) == 0)
		return 0;
	snprintf(w->why, w->size, "%s cannot be written: %s", KEPT_NAME,
	    strerror(errno));
	return -1;
}

static int
publish(struct writing *w, int in_place)
{
	size_t	 i;
	int	 changed, written = 0;

	if ((changed = edit_list(w, in_place)) == -1 || read_old(w) == -1)
		return -1;
	for (i = 0; i < w->plan->nservices; i++) {
		if (write_service(w, i) == -1)
			return -1;
		written |= w->old[i].write;
	}
	if (!changed && !written)
		return 0;
	if (service_place_check(&w->at, w->list, w->len, w->why,
	    w->size) == -1)
		return -1;
	if (changed && in_place && keep_main(w) == -1)
		return -1;
	return changed ? service_place_publish(&w->at, w->list, w->len,
	    w->why, w->size) : 0;
}

int
import_files(struct import_plan *p, const char *directory, int in_place,
    struct import_done *done, char *why, size_t size)
{
	struct writing	 w;
	struct place	 place;
	struct stat	 st;
	size_t		 i;
	int		 result, is_new;

	if (place_find(&place, directory, why, size) == -1 ||
	    own_directory_check(&place, why, size) == -1)
		return -1;
	is_new = stat(place.config, &st) == -1;
	if (own_directory_make(&place, why, size) == -1 ||
	    first_config(&place, p, why, size) == -1)
		return -1;
	memset(&w, 0, sizeof(w));
	w.plan = p;
	w.why = why;
	w.size = size;
	if ((w.old = calloc(p->nservices + 1, sizeof(*w.old))) == NULL)
		fatal(NULL);
	if ((result = service_place_open(&w.at, directory, 1, why, size)) ==
	    0) {
		if ((result = publish(&w, in_place)) == -1)
			take_back(&w);
		service_place_close(&w.at);
	}
	if (result == -1 && is_new)
		unlink(place.config);
	for (i = 0; i < p->nservices; i++) {
		done->written += result == 0 && w.old[i].write;
		kept_file_free(&w.old[i].service);
		kept_file_free(&w.old[i].config);
	}
	free(w.old);
	free(w.list);
	return result;
}
