#include <sys/types.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/service_name.h"
#include "lavavisorctl/local/wrap_files.h"
#include "lavavisorctl/sockets.h"
#include "lavavisorctl/wrapped.h"

void
wrapped_each(const char *directory, void (*at)(const char *, void *),
    void *arg)
{
	struct dirent	*e;
	DIR		*d;
	char		 path[SOCKET_PATH_SIZE];
	int		 n = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/" WRAP_DIRECTORY,
	    directory) >= sizeof(path) || (d = opendir(path)) == NULL)
		return;
	while (n < WRAPPED_MAX && (e = readdir(d)) != NULL) {
		if (!service_name_valid(e->d_name) ||
		    (size_t)snprintf(path, sizeof(path), "%s/" WRAP_DIRECTORY
		    "/%s", directory, e->d_name) >= sizeof(path))
			continue;
		at(path, arg);
		n++;
	}
	closedir(d);
}

/* proc(5): its words, each with a NUL behind it */
int
wrapped_first(char *directory, size_t size)
{
	char		 text[4096], *word, *next, *end;
	const char	*name;
	ssize_t		 n;
	int		 fd;

	if ((fd = open("/proc/1/cmdline", O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	end = text + n;
	name = strrchr(text, '/') != NULL ? strrchr(text, '/') + 1 : text;
	if (strcmp(name, "lavavisord") != 0)
		return -1;
	for (word = text; word < end; word = next) {
		next = word + strlen(word) + 1;
		if (strcmp(word, "-D") == 0 && next < end && *next == '/')
			return strlcpy(directory, next, size) < size ? 0 : -1;
	}
	return -1;
}
