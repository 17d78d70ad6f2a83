MANIFEST_TEST_OBJS =	regress/unit/manifest_test.o \
		lavavisord/manifest.o \
		lavavisord/record.o
REGRESS_OBJS +=	regress/unit/manifest_test.o
UNIT_TESTS +=	regress/bin/manifest_test

regress/bin/manifest_test: ${MANIFEST_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MANIFEST_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
