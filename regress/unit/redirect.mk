REDIRECT_TEST_OBJS =	regress/unit/redirect_test.o \
		lavavisord/downloader/redirect.o lavavisord/downloader/resume.o
REGRESS_OBJS +=	regress/unit/redirect_test.o
UNIT_TESTS +=	regress/bin/redirect_test

regress/bin/redirect_test: ${REDIRECT_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${REDIRECT_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_CURL} -lcmocka ${OS_LIBS}
