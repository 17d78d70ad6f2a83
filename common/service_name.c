#include <ctype.h>
#include <string.h>

#include "common/message.h"
#include "common/service_name.h"

int
service_name_valid(const char *name)
{
	const char	*p;

	if (!isalnum((unsigned char)*name) || strlen(name) >= NAME_SIZE ||
	    strstr(name, "..") != NULL || strcmp(name, "all") == 0)
		return 0;
	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return 0;
	return 1;
}
