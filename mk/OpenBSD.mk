# OpenBSD has everything in libc and libutil; ports live below /usr/local.
OS_CPPFLAGS =	-I/usr/local/include -Icompat/openbsd/include
OS_LIBS =	-L/usr/local/lib -lutil
OS_HARDEN_LD =
OS_NAME =	openbsd
STATEDIR ?=	/var/lavavisor
RUNDIR ?=	/var/run/lavavisord
