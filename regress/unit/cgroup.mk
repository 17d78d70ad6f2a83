CGROUP_TEST_OBJS = regress/unit/cgroup_test.o
REGRESS_OBJS +=	${CGROUP_TEST_OBJS}
UNIT_TESTS +=	regress/bin/cgroup_test
regress/bin/cgroup_test: ${CGROUP_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CGROUP_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
