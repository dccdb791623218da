// Creates n znodes of 100 bytes below root, reads them once, and then as often as it is told, and deletes them, with the C
// client's asynchronous API, depth of them in flight. Prints what each took, in seconds.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

static sem_t room, ready;
static volatile int failure;
static zhandle_t *zh;
static char **paths, data[100];

static void session(zhandle_t *z, int type, int state, const char *path, void *ctx) {
	(void)z; (void)path; (void)ctx;
	if (type == ZOO_SESSION_EVENT && state == ZOO_CONNECTED_STATE) sem_post(&ready);
}

static void done(int rc) {
	if (rc != ZOK) failure = rc;
	sem_post(&room);
}

static void created(int rc, const char *name, const void *ctx) { (void)name; (void)ctx; done(rc); }

static void deleted(int rc, const void *ctx) { (void)ctx; done(rc); }

static void got(int rc, const char *value, int len, const struct Stat *stat, const void *ctx) {
	(void)value; (void)len; (void)stat; (void)ctx;
	done(rc);
}

static int create(int i) { return zoo_acreate(zh, paths[i], data, sizeof data, &ZOO_OPEN_ACL_UNSAFE, 0, created, NULL); }

static int get(int i) { return zoo_aget(zh, paths[i], 0, got, NULL); }

static int delete(int i) { return zoo_adelete(zh, paths[i], -1, deleted, NULL); }

static void need(const char *what, int rc) {
	if (rc == ZOK) return;
	fprintf(stderr, "%s: %s\n", what, zerror(rc));
	exit(1);
}

static void work(const char *name, int (*start)(int), int n, int times, int depth) {
	struct timespec began, ended;
	clock_gettime(CLOCK_MONOTONIC, &began);
	for (int i = 0; i < n * times; i++) {
		sem_wait(&room);
		need(name, start(i % n));
	}
	for (int i = 0; i < depth; i++) sem_wait(&room);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	for (int i = 0; i < depth; i++) sem_post(&room);
	need(name, failure);
	printf("%s %.6f\n", name, (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9);
}

int main(int argc, char **argv) {
	if (argc != 6) return 2;
	const char *root = argv[2];
	int n = atoi(argv[3]), depth = atoi(argv[4]);
	sem_init(&room, 0, (unsigned)depth);
	sem_init(&ready, 0, 0);
	zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
	zh = zookeeper_init(argv[1], session, 30000, NULL, NULL, 0);
	if (zh == NULL) return 1;
	sem_wait(&ready);
	need("root", zoo_create(zh, root, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0));
	paths = malloc((size_t)n * sizeof *paths);
	for (int i = 0; i < n; i++) {
		size_t size = strlen(root) + 20;
		paths[i] = malloc(size);
		snprintf(paths[i], size, "%s/%07d", root, i);
	}
	work("create", create, n, 1, depth);
	work("get", get, n, 1, depth);
	work("get", get, n, atoi(argv[5]), depth);
	work("delete", delete, n, 1, depth);
	need("root", zoo_delete(zh, root, -1));
	zookeeper_close(zh);
	return 0;
}
