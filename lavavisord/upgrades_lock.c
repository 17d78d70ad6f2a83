#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisord/upgrades_lock.h"

#define OTHERS	"wrap"		/* below the directory */

static char		 base[600];	/* "" not shared */
static const char	*own_name;
static int		 lock_fd = -1;
static unsigned int	 held;		/* enum upgrades_use, or'ed */

static int	is_held(const char *);
static int	set_lock(short);

void
upgrades_lock_init(const char *directory, const char *own)
{
	struct stat	 st;
	char		 path[700];

	snprintf(path, sizeof(path), "%s/" OTHERS, directory);
	if (own == NULL && (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode)))
		return;
	strlcpy(base, directory, sizeof(base));
	own_name = own;
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		fatal("%s", path);
	snprintf(path, sizeof(path), "%s/" OTHERS "/lock", base);
	if ((lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600)) == -1)
		fatal("%s", path);
}

int
upgrades_shared(void)
{
	return base[0] != '\0';
}

static int
set_lock(short type)
{
	struct flock	 lock;

	memset(&lock, 0, sizeof(lock));
	lock.l_type = type;
	lock.l_whence = SEEK_SET;
	return fcntl(lock_fd, F_SETLK, &lock);
}

int
upgrades_lock(enum upgrades_use use)
{
	if (upgrades_shared() && held == 0 && set_lock(F_WRLCK) == -1) {
		if (errno != EACCES && errno != EAGAIN)
			log_warn("%s/" OTHERS "/lock", base);
		return -1;
	}
	held |= use;
	return 0;
}

void
upgrades_unlock(enum upgrades_use use)
{
	held &= ~(unsigned int)use;
	if (upgrades_shared() && held == 0 && set_lock(F_UNLCK) == -1)
		log_warn("%s/" OTHERS "/lock", base);
}

/* Never asked of our own: to close its file lets go of its lock. */
static int
is_held(const char *path)
{
	struct flock	 lock;
	int		 fd, r;

	if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return errno != ENOENT;
	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	r = fcntl(fd, F_GETLK, &lock) == -1 || lock.l_type != F_UNLCK;
	close(fd);
	return r;
}

int
upgrades_has_others(void)
{
	struct dirent	*de;
	char		 path[1200];
	DIR		*d;
	int		 found = 0;

	if (!upgrades_shared())
		return 0;
	snprintf(path, sizeof(path), "%s/run/lock", base);
	if (own_name != NULL && is_held(path))
		return 1;
	snprintf(path, sizeof(path), "%s/" OTHERS, base);
	if ((d = opendir(path)) == NULL)
		return 1;
	while (!found && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || strcmp(de->d_name, "lock") == 0 ||
		    (own_name != NULL && strcmp(de->d_name, own_name) == 0))
			continue;
		snprintf(path, sizeof(path), "%s/" OTHERS "/%s/run/lock",
		    base, de->d_name);
		found = is_held(path);
	}
	closedir(d);
	return found;
}
