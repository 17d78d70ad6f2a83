RUNFILE_TEST_OBJS =	regress/unit/runfile_test.o \
		lavavisord/runfile.o \
		lavavisord/record.o
REGRESS_OBJS +=	regress/unit/runfile_test.o
UNIT_TESTS +=	regress/bin/runfile_test

regress/bin/runfile_test: ${RUNFILE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${RUNFILE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
