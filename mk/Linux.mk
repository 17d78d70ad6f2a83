# What Linux needs besides the common flags: the BSD functions come from
# libbsd's overlay headers, imsg from compat/.
OS_CPPFLAGS !=	${PKG_CONFIG} --cflags libbsd-overlay 2>/dev/null || true
OS_CPPFLAGS +=	-D_GNU_SOURCE -Icompat/linux/include
OS_LIBS !=	${PKG_CONFIG} --libs libbsd-overlay 2>/dev/null || echo -lbsd
OS_HARDEN_LD =	-Wl,-z,relro -Wl,-z,now -Wl,--as-needed
OS_NAME =	linux
STATEDIR ?=	/var/lib/lavavisor
RUNDIR ?=	/run/lavavisord
