#include "common/fault.h"

#ifdef FAULTS

#include <sys/mman.h>
#include <sys/stat.h>

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"

static struct fault_page	*page;

static void	count(const char *);
static void	map_page(void) __attribute__((__constructor__));

/* Before any wall is up, and with the rights that a room is started with */
static void
map_page(void)
{
	struct stat	 st;
	const char	*path;
	void		*p;
	int		 fd;

	if ((path = getenv(FAULT_VARIABLE)) == NULL ||
	    (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	if (fstat(fd, &st) == 0 &&
	    st.st_size >= (off_t)sizeof(struct fault_page)) {
		p = mmap(NULL, sizeof(struct fault_page),
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p != MAP_FAILED)
			page = p;
	}
	close(fd);
}

static void
count(const char *name)
{
	uint32_t	 i;

	while (__atomic_exchange_n(&page->lock, 1, __ATOMIC_ACQUIRE) != 0)
		;
	for (i = 0; i < page->names; i++)
		if (strcmp(page->seen[i].name, name) == 0)
			break;
	if (i < FAULT_NAMES) {
		if (i == page->names) {
			strlcpy(page->seen[i].name, name, FAULT_NAME_SIZE);
			page->names++;
		}
		page->seen[i].count++;
	}
	__atomic_store_n(&page->lock, 0, __ATOMIC_RELEASE);
}

void
fault_point(const char *name)
{
	char	 full[FAULT_NAME_SIZE], *p;

	if (page == NULL || page->mode == FAULT_OFF)
		return;
	snprintf(full, sizeof(full), "%s.%s", getprogname(), name);
	for (p = full; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '.')
			*p = '-';
	if (page->mode == FAULT_COUNT) {
		count(full);
		return;
	}
	if (strcmp(full, page->name) != 0 ||
	    __atomic_add_fetch(&page->passed, 1, __ATOMIC_SEQ_CST) !=
	    page->nth || __atomic_exchange_n(&page->fired, 1,
	    __ATOMIC_SEQ_CST) != 0)
		return;
	page->pid = (uint32_t)getpid();
	/* A room may signal itself, by this call only. */
	raise(SIGKILL);
}

void
fault_message(const char *peer, const char *act, uint32_t type,
    const char *when)
{
	char	 name[FAULT_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.%s.%s.%s", peer, act,
	    message_name(type), when);
	fault_point(name);
}

void
fault_file(const char *what, const char *file, const char *when)
{
	char	 name[FAULT_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.%s.%s", what, file, when);
	fault_point(name);
}

#endif
