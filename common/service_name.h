/*
 * The names of services.
 */

#ifndef COMMON_SERVICE_NAME_H
#define COMMON_SERVICE_NAME_H

/* For people, behind a name that is none */
#define SERVICE_NAME_RULE	"letters, digits and . _ - (at most 63), " \
				"not \"all\""

/* 1 if name is fit for a service: [A-Za-z0-9][A-Za-z0-9._-]{0,62}, no "..",
 * not "all". */
int	 service_name_valid(const char *name);

#endif
