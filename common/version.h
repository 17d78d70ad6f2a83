/*
 * What this build calls itself.  Rooms of another build are refused by the
 * hello: fields of the catalogue may have moved.
 */

#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define LAVAVISORD_VERSION	"0.4"
#ifndef LAVAVISORD_BUILD
#define LAVAVISORD_BUILD	LAVAVISORD_VERSION
#endif

#endif
