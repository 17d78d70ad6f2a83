# install and uninstall.  DESTDIR for packages, which make the accounts
# themselves.
MAN8 =		man/lavavisord.8 man/lavavisorctl.8
MAN5 =		man/lavavisord.yml.5
MAN1 =		man/lavavisor.1
# Where the shells themselves look; ksh(1) of OpenBSD looks nowhere
BASHCOMPDIR ?=	${PREFIX}/share/bash-completion/completions
ZSHCOMPDIR ?=	${PREFIX}/share/zsh/site-functions
EXAMPLEDIR ?=	${PREFIX}/share/examples/lavavisord

install: programs
	@set -e; umask 022; D='${DESTDIR}'; \
	install -d -m 755 $$D${SBINDIR} $$D${BINDIR} $$D${LIBEXECDIR} \
	    $$D${MANDIR}/man1 $$D${MANDIR}/man5 \
	    $$D${MANDIR}/man8 $$D${EXAMPLEDIR}; \
	install -m 755 lavavisord/lavavisord lavavisorctl/lavavisorctl \
	    $$D${SBINDIR}/; \
	D="$$D" SBINDIR='${SBINDIR}' BINDIR='${BINDIR}' \
	    sh mk/install-links.sh install; \
	install -m 755 ${ROOMS} ${HELPERS} $$D${LIBEXECDIR}/; \
	for m in ${MAN8}; do \
	    install -m 644 $$m $$D${MANDIR}/man8/; done; \
	for m in ${MAN5}; do \
	    install -m 644 $$m $$D${MANDIR}/man5/; done; \
	for m in ${MAN1}; do \
	    install -m 644 $$m $$D${MANDIR}/man1/; done; \
	for e in `cd etc/examples && find . -type f`; do \
	    install -d -m 755 "$$D${EXAMPLEDIR}/$${e%/*}"; \
	    install -m 644 "etc/examples/$$e" "$$D${EXAMPLEDIR}/$$e"; \
	    done; \
	install -d -m 755 $$D${BASHCOMPDIR} $$D${ZSHCOMPDIR} \
	    $$D${EXAMPLEDIR}/completion; \
	install -m 644 etc/completion/lavavisorctl.bash \
	    $$D${BASHCOMPDIR}/lavavisorctl; \
	ln -sf lavavisorctl $$D${BASHCOMPDIR}/lavavisor; \
	install -m 644 etc/completion/_lavavisorctl $$D${ZSHCOMPDIR}/; \
	install -m 644 etc/completion/lavavisorctl.ksh \
	    $$D${EXAMPLEDIR}/completion/; \
	D="$$D" SBINDIR='${SBINDIR}' LIBEXECDIR='${LIBEXECDIR}' \
	    SYSCONFDIR='${SYSCONFDIR}' sh mk/install-service.sh install; \
	if [ -z "$$D" ] && [ "`id -u`" -eq 0 ]; then \
	    sh etc/accounts.sh; fi

# Only what install placed; configuration, state and accounts stay.
uninstall:
	@set -e; D='${DESTDIR}'; \
	rm -f $$D${SBINDIR}/lavavisord $$D${SBINDIR}/lavavisorctl; \
	D="$$D" SBINDIR='${SBINDIR}' BINDIR='${BINDIR}' \
	    sh mk/install-links.sh uninstall; \
	for p in ${ROOMS} ${HELPERS}; do \
	    rm -f $$D${LIBEXECDIR}/$${p##*/}; done; \
	for m in ${MAN8}; do rm -f $$D${MANDIR}/man8/$${m##*/}; done; \
	for m in ${MAN5}; do rm -f $$D${MANDIR}/man5/$${m##*/}; done; \
	for m in ${MAN1}; do rm -f $$D${MANDIR}/man1/$${m##*/}; done; \
	rm -f $$D${BASHCOMPDIR}/lavavisorctl $$D${BASHCOMPDIR}/lavavisor \
	    $$D${ZSHCOMPDIR}/_lavavisorctl \
	    $$D${EXAMPLEDIR}/completion/lavavisorctl.ksh; \
	rmdir $$D${EXAMPLEDIR}/completion 2>/dev/null || :; \
	for e in `cd etc/examples && find . -type f`; do \
	    rm -f "$$D${EXAMPLEDIR}/$$e"; done; \
	for e in `cd etc/examples && find . -type d | sort -r`; do \
	    rmdir "$$D${EXAMPLEDIR}/$$e" 2>/dev/null || :; done; \
	rmdir $$D${LIBEXECDIR} $$D${EXAMPLEDIR} 2>/dev/null || :; \
	D="$$D" SYSCONFDIR='${SYSCONFDIR}' \
	    sh mk/install-service.sh uninstall
