ATOMIC_FILE_TEST_OBJS =	regress/unit/atomic_file_test.o
REGRESS_OBJS +=	regress/unit/atomic_file_test.o
UNIT_TESTS +=	regress/bin/atomic_file_test

regress/bin/atomic_file_test: ${ATOMIC_FILE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${ATOMIC_FILE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
