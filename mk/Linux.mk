# What Linux needs besides the common flags: the BSD functions come from
# libbsd's overlay headers, imsg from compat/.
OS_CPPFLAGS !=	${PKG_CONFIG} --cflags libbsd-overlay 2>/dev/null || true
OS_CPPFLAGS +=	-D_GNU_SOURCE -Icompat/linux/include
# Each shared library is five mappings more that every fork copies, and pages
# of its own in every room: the small ones are linked in.  For shared ones:
# make LIB_EVENT=-levent_core LIB_YAML=-lyaml LIB_JANSSON=-ljansson \
#     OS_LIBS=-lbsd
LIB_EVENT ?=	-l:libevent_core.a
LIB_YAML ?=	-l:libyaml.a
LIB_JANSSON ?=	-l:libjansson.a
OS_LIBS =	-l:libbsd.a -l:libmd.a
OS_HARDEN_LD =	-Wl,-z,relro -Wl,-z,now -Wl,--as-needed
OS_NAME =	linux
STATEDIR ?=	/var/lib/lavavisor
RUNDIR ?=	/run/lavavisord
