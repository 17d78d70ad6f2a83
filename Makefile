# lavavisord: one Makefile for GNU make, bmake and OpenBSD make.
.OBJDIR: ./

PREFIX ?=	/usr/local
SBINDIR ?=	${PREFIX}/sbin
BINDIR ?=	${PREFIX}/bin
LIBEXECDIR ?=	${PREFIX}/libexec/lavavisord
MANDIR ?=	${PREFIX}/share/man
SYSCONFDIR ?=	/etc
DESTDIR ?=
TEST_JOBS ?=	4

OS !=		uname -s
PKG_CONFIG ?=	pkg-config

all: programs

include mk/${OS}.mk
include mk/flags.mk
include compat/files.mk
include common/files.mk
include lavavisord/files.mk
include lavavisord/dialer/files.mk
include lavavisord/prober/files.mk
include lavavisord/monitor/files.mk
include lavavisord/downloader/files.mk
include lavavisord/verifier/files.mk
include lavavisord/supervisor/files.mk
include lavavisord/keeper/files.mk
include lavavisord/control/files.mk
include lavavisorctl/files.mk
include regress/files.mk
include mk/build.mk
include regress/other_build.mk
include mk/install.mk
include mk/check.mk
include mk/faults.mk
