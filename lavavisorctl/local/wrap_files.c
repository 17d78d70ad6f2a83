#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/service_name.h"
#include "lavavisorctl/local/own_directory.h"
#include "lavavisorctl/local/wrap_files.h"
#include "lavavisorctl/local/yaml_quote.h"

#define PROGRAM	"lavap"

static const char *last_part(const char *);
static int	open_made(const char *, char *, size_t);
static void	put_key(FILE *, const char *, const char *);
static int	put_service(FILE *, const struct wrap_service *, char *,
		    size_t);

static const char *
last_part(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

void
wrap_name(const struct command_words *w, char *name, size_t size)
{
	const char	*from = last_part(w->word[0]), *dot;
	size_t		 i, len;

	/* lavap rpcconsumer NAME.yml */
	if (strcmp(w->word[0], PROGRAM) == 0 && w->count > 1)
		from = w->count > 2 && w->word[2][0] != '-' ?
		    last_part(w->word[2]) : w->word[1];
	len = strlen(from);
	if ((dot = strrchr(from, '.')) != NULL && dot > from &&
	    (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0))
		len = (size_t)(dot - from);
	if (len > size - 1)
		len = size - 1;
	for (i = 0; i < len; i++)
		name[i] = isalnum((unsigned char)from[i]) || (i > 0 &&
		    strchr("_-", from[i]) != NULL) ? from[i] : i > 0 ? '-' :
		    'x';
	name[len] = '\0';
	if (!service_name_valid(name))
		strlcpy(name, "service", size);
}

const char *
wrap_role(const struct command_words *w, char *why, size_t size)
{
	const char	*program = w->word[0];
	struct stat	 st;

	if (strcmp(program, PROGRAM) == 0) {
		if (w->count == 1) {
			snprintf(why, size, "lavap needs to be told what to "
			    "do: lavap rpcprovider|rpcconsumer CONFIG.yml "
			    "...");
			return NULL;
		}
		return strcmp(w->word[1], "rpcprovider") == 0 ? "provider" :
		    "consumer";
	}
	if (strcmp(last_part(program), PROGRAM) == 0) {
		snprintf(why, size, "%s: say just lavap, and the version is "
		    "run that the chain wants", program);
		return NULL;
	}
	if (program[0] == '\0') {
		snprintf(why, size, "the first word is empty: it must be "
		    "lavap, or the full path of a program");
		return NULL;
	}
	if (program[0] != '/') {
		snprintf(why, size, "%s: the program must be lavap, or have "
		    "its full path", program);
		return NULL;
	}
	if (stat(program, &st) == -1 || access(program, X_OK) == -1) {
		snprintf(why, size, "%s: %s", program, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s is no program", program);
		return NULL;
	}
	return "other";
}

int
wrap_place(struct place *p, const struct place *shared, const char *name,
    char *why, size_t size)
{
	char	 socket[PLACE_PATH_SIZE];

	memset(p, 0, sizeof(*p));
	if ((size_t)snprintf(p->directory, sizeof(p->directory),
	    "%s/" WRAP_DIRECTORY "/%s", shared->directory, name) >=
	    sizeof(p->directory) || (size_t)snprintf(p->config,
	    sizeof(p->config), "%s/config.yml", p->directory) >=
	    sizeof(p->config)) {
		snprintf(why, size, "the path %.60s... is too long",
		    shared->directory);
		return -1;
	}
	return place_socket(p, socket, sizeof(socket), why, size);
}

static void
put_key(FILE *f, const char *key, const char *value)
{
	if (value == NULL)
		return;
	fprintf(f, "%s: ", key);
	yaml_put(f, value);
	fputc('\n', f);
}

static int
put_service(FILE *f, const struct wrap_service *s, char *why, size_t size)
{
	char	 cwd[PATH_MAX];
	mode_t	 mask = umask(0);
	size_t	 i;

	umask(mask);
	if (getcwd(cwd, sizeof(cwd)) == NULL) {
		snprintf(why, size, "cannot tell the current directory: %s",
		    strerror(errno));
		return -1;
	}
	fprintf(f, "# Written at each start by lavavisor wrap or pod.\n");
	put_key(f, "role", s->role);
	fprintf(f, "command: [");
	for (i = 0; i < s->command.count; i++) {
		if (i > 0)
			fputs(", ", f);
		yaml_put(f, s->command.word[i]);
	}
	fprintf(f, "]\n");
	put_key(f, "directory", cwd);
	fprintf(f, "umask: %03o\n", (unsigned int)mask);
	put_key(f, "ready", s->ready);
	put_key(f, "restart", s->restart);
	put_key(f, "limit", s->limit);
	put_key(f, "retry", s->retry != NULL ? s->retry : "0s");
	put_key(f, "stop-grace", s->stop_grace);
	put_key(f, "passphrase", s->passphrase);
	return 0;
}

static int
open_made(const char *path, char *why, size_t size)
{
	mode_t	 old = umask(022);
	int	 fd;

	if ((mkdir(path, 0755) == -1 && errno != EEXIST) ||
	    (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW)) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		fd = -1;
	}
	umask(old);
	return fd;
}

int
wrap_write(const struct place *p, const struct wrap_service *s,
    const struct own_config *conf, char *why, size_t size)
{
	char	 path[PLACE_PATH_SIZE + 16], file[WRAP_NAME_SIZE + 8];
	char	*text = NULL;
	size_t	 len = 0;
	FILE	*f;
	int	 dir, bad;

	if (own_directory_make(p, why, size) == -1 || (conf != NULL &&
	    own_config_write(p, conf, 1, why, size) == -1))
		return -1;
	if ((f = open_memstream(&text, &len)) == NULL) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	bad = put_service(f, s, why, size);
	if (fclose(f) == EOF || text == NULL) {
		snprintf(why, size, "out of memory");
		bad = -1;
	}
	snprintf(path, sizeof(path), "%s/services", p->directory);
	snprintf(file, sizeof(file), "%s.yml", s->name);
	if (bad == 0 && (dir = bad = open_made(path, why, size)) != -1) {
		bad = atomic_write_other(dir, file, 0640, text, len);
		if (bad == -1)
			snprintf(why, size, "%s/%s: %s", path, file,
			    strerror(errno));
		close(dir);
	}
	free(text);
	return bad;
}
