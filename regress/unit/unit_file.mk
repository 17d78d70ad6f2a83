UNIT_FILE_TEST_OBJS =	regress/unit/unit_file_test.o \
		lavavisorctl/local/unit_file.o
REGRESS_OBJS +=	regress/unit/unit_file_test.o
UNIT_TESTS +=	regress/bin/unit_file_test

regress/bin/unit_file_test: ${UNIT_FILE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${UNIT_FILE_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
