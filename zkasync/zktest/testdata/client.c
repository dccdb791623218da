// What a program does with the C client, against the server that argv[1] names: it prints "ok", or the line that failed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

#define NEED(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

static volatile int connected, fired, answered;

static void session(zhandle_t *zh, int type, int state, const char *path, void *ctx) {
	(void)zh; (void)path; (void)ctx;
	if (type == ZOO_SESSION_EVENT && state == ZOO_CONNECTED_STATE) connected++;
}

static void changed(zhandle_t *zh, int type, int state, const char *path, void *ctx) {
	(void)zh; (void)state; (void)ctx;
	if (type == ZOO_CHANGED_EVENT && strcmp(path, "/app/one") == 0) fired++;
}

static void answer(int rc, const char *value, int len, const struct Stat *stat, const void *data) {
	(void)data;
	if (rc == ZOK && len == 3 && memcmp(value, "two", 3) == 0 && stat->version == 1) answered++;
}

static void await(volatile int *what, int n) {
	for (int i = 0; i < 1000 && *what < n; i++) usleep(10 * 1000);
	NEED(*what >= n);
}

static zhandle_t *open_session(const char *servers) {
	int before = connected;
	zhandle_t *zh = zookeeper_init(servers, session, 10000, 0, 0, 0);
	NEED(zh != NULL);
	await(&connected, before + 1);
	return zh;
}

int main(int argc, char **argv) {
	NEED(argc == 2);
	zoo_set_debug_level(0);
	zhandle_t *a = open_session(argv[1]), *b = open_session(argv[1]);
	char path[256], data[64];
	struct Stat stat;
	int len = sizeof data;
	NEED(zoo_create(a, "/app", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
	NEED(zoo_create(a, "/app", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZNODEEXISTS);
	NEED(zoo_create(a, "/app/one", "one", 3, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path) == ZOK);
	NEED(zoo_create(a, "/app/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path) == ZOK);
	NEED(strcmp(path, "/app/s-0000000001") == 0);
	NEED(zoo_wget(b, "/app/one", changed, NULL, data, &len, &stat) == ZOK && len == 3);
	NEED(stat.ephemeralOwner == zoo_client_id(a)->client_id);
	NEED(zoo_set(a, "/app/one", "two", 3, 7) == ZBADVERSION);
	NEED(zoo_set(a, "/app/one", "two", 3, 0) == ZOK);
	await(&fired, 1);
	NEED(zoo_aget(b, "/app/one", 0, answer, NULL) == ZOK);
	await(&answered, 1);

	zoo_op_t ops[3];
	zoo_op_result_t results[3];
	zoo_create_op_init(&ops[0], "/app/t", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
	zoo_check_op_init(&ops[1], "/app/one", 1);
	zoo_delete_op_init(&ops[2], "/app/none", -1);
	NEED(zoo_multi(a, 3, ops, results) == ZNONODE);
	NEED(results[0].err == ZOK && results[1].err == ZOK && results[2].err == ZNONODE);
	NEED(zoo_exists(a, "/app/t", 0, &stat) == ZNONODE);

	struct String_vector names;
	NEED(zoo_get_children(b, "/app", 0, &names) == ZOK && names.count == 2);
	deallocate_String_vector(&names);
	NEED(zookeeper_close(a) == ZOK);
	NEED(zoo_exists(b, "/app/one", 0, &stat) == ZNONODE);
	NEED(zookeeper_close(b) == ZOK);
	printf("ok\n");
	return 0;
}
