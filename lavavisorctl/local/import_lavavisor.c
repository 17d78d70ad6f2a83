#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/semver.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/import_plan.h"

#define CONFIG_MAX	(256 * 1024)
#define SUFFIX		".service"

static const struct yaml_node	*list_of(const struct yaml_node *);
static int	newest_first(const void *, const void *);
static void	take_unit(struct import_plan *, const char *);
static int	take_names(struct import_plan *, char *, size_t);
static void	take_version(struct import_plan *, const char *);
static int	take_versions(struct import_plan *, char *, size_t);

static const struct yaml_node *
list_of(const struct yaml_node *root)
{
	const struct yaml_node	*n;

	if (root == NULL || root->kind != YAML_MAP)
		return NULL;
	for (n = root->child; n != NULL; n = n->next->next)
		if (n->kind == YAML_TEXT && strcmp(n->text, "services") == 0)
			return n->next->kind == YAML_LIST ? n->next : NULL;
	return NULL;
}

/* An entry of services: in config.yml */
static void
take_unit(struct import_plan *p, const char *entry)
{
	struct unit_file	 u;
	char			 name[NAME_SIZE], unit[NAME_SIZE + 16];
	char			 path[PATH_MAX], beside[PATH_MAX], *file;
	size_t			 n = strlen(entry), cut = strlen(SUFFIX);
	int			 is_unit;

	is_unit = n > cut && strcmp(entry + n - cut, SUFFIX) == 0;
	if (is_unit)
		n -= cut;
	if (n >= sizeof(name) || memchr(entry, '/', n) != NULL) {
		import_note(p, "%.80s: no name for a service", entry);
		return;
	}
	memcpy(name, entry, n);
	name[n] = '\0';
	/* One of lavavisord's own */
	if (!is_unit && (size_t)snprintf(path, sizeof(path), "%s/services/%s"
	    ".yml", p->from, name) < sizeof(path) && access(path, F_OK) == 0)
		return;
	snprintf(unit, sizeof(unit), "%s" SUFFIX, name);
	if ((size_t)snprintf(beside, sizeof(beside), "%s/services",
	    p->from) >= sizeof(beside))
		return;
	if ((file = import_unit_read(p, unit, beside, &u)) != NULL)
		import_unit(p, name, entry, file, &u, NULL);
	free(file);
	unit_file_free(&u);
}

static int
take_names(struct import_plan *p, char *why, size_t size)
{
	const struct yaml_node	*list, *n;
	struct yaml_node	*root;
	struct yaml_problem	 problem;
	char			 path[PATH_MAX], *text;
	size_t			 len;

	if ((size_t)snprintf(path, sizeof(path), "%s/config.yml", p->from) >=
	    sizeof(path) || import_read(path, CONFIG_MAX, &text, &len) ==
	    -1) {
		if (errno == ENOENT)
			return 1;
		snprintf(why, size, "%.3000s: %s", path, strerror(errno));
		return -1;
	}
	if (yaml_tree_read(text, len, 1, &root, &problem) == -1) {
		snprintf(why, size, "%.3000s:%u:%u: %s", path, problem.line,
		    problem.column, problem.text);
		free(text);
		return -1;
	}
	free(text);
	if ((list = list_of(root)) != NULL)
		for (n = list->child; n != NULL; n = n->next)
			if (n->kind == YAML_TEXT)
				take_unit(p, n->text);
	yaml_tree_free(root);
	return 0;
}

static void
take_version(struct import_plan *p, const char *name)
{
	struct import_version	*v;
	struct semver		 parsed;
	struct stat		 st;
	char			 path[PATH_MAX];

	if (name[0] != 'v' || semver_parse(name + 1, &parsed) == -1) {
		import_note(p, "upgrades/%.80s: no version (vX.Y.Z)", name);
		return;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/upgrades/%s/lavap",
	    p->from, name) >= sizeof(path))
		return;
	if (stat(path, &st) == -1) {
		import_note(p, "upgrades/%s: lavap: %s", name,
		    strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0 ||
	    (st.st_mode & 0111) == 0) {
		import_note(p, "upgrades/%s: its lavap is no program", name);
		return;
	}
	if ((v = import_add_version(p)) == NULL)
		return;
	strlcpy(v->version, name + 1, sizeof(v->version));
	if ((v->path = strdup(path)) == NULL)
		fatal(NULL);
}

static int
newest_first(const void *a, const void *b)
{
	const struct import_version	*v = a, *w = b;
	struct semver			 x, y;

	if (semver_parse(v->version, &x) == -1 ||
	    semver_parse(w->version, &y) == -1)
		return 0;
	return -semver_compare(&x, &y);
}

static int
take_versions(struct import_plan *p, char *why, size_t size)
{
	struct dirent	*d;
	char		 path[PATH_MAX];
	DIR		*dir;

	if ((size_t)snprintf(path, sizeof(path), "%s/upgrades", p->from) >=
	    sizeof(path) || (dir = opendir(path)) == NULL) {
		if (errno == ENOENT)
			return 1;
		snprintf(why, size, "%.3000s: %s", path, strerror(errno));
		return -1;
	}
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && strcmp(d->d_name, "current") != 0)
			take_version(p, d->d_name);
	closedir(dir);
	if (p->nversions > 0)
		qsort(p->versions, p->nversions, sizeof(p->versions[0]),
		    newest_first);
	return 0;
}

int
import_lavavisor(struct import_plan *p, char *why, size_t size)
{
	int	 names, versions;

	if ((names = take_names(p, why, size)) == -1 ||
	    (versions = take_versions(p, why, size)) == -1)
		return -1;
	if (names == 0 || versions == 0)
		return 0;
	snprintf(why, size, "%.3000s: neither config.yml nor upgrades/, as "
	    "LavaVisor has, nor genesis/bin, as cosmovisor has, is in it: "
	    "name its directory with --from", p->from);
	return -1;
}
