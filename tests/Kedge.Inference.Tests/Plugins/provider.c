/*
 * An execution provider of ONNX Runtime as a plug-in, for tests: it claims every processor and computes additions of
 * numbers, each with a thousand more than it should be, so that an answer says who computed it. CLAIMS 0 makes one that
 * finds no device, FAILS 1 one that cannot be made.
 *
 * Of the runtime's headers it needs only the places of functions in their tables (onnxruntime_c_api.h and
 * onnxruntime_ep_c_api.h, 1.30; tables only grow at their ends) and the layout of what it gives itself.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef CLAIMS
#define CLAIMS 1
#endif
#ifndef FAILS
#define FAILS 0
#endif

#define VERSION 23
#define PROCESSOR 0
#define NODES_MAX 64

typedef const void *const *Table;
typedef void Status;

typedef struct {
    Table (*get_api)(uint32_t version);
    const char *(*get_version)(void);
} Base;

typedef struct {
    uint64_t version;
    void *functions[20];
} Factory;

typedef struct {
    uint64_t version;
    void *functions[25];
} Provider;

typedef struct {
    uint64_t version;
    Status *(*create_state)(void *self, void *context, void **state);
    Status *(*compute)(void *self, void *state, void *context);
    void (*release_state)(void *self, void *state);
} Compute;

static Table api;
static Table provider_api;
static Factory factory;
static Provider provider;

#define CALL(table, index, ...) ((Status * (*)(__VA_ARGS__)) table[index])

static Status *failure(const char *message) {
    return ((Status * (*)(int, const char *)) api[0])(1, message);
}

static const char *name_of(const void *self) {
    (void)self;
    return "ThousandMoreExecutionProvider";
}

static const char *vendor_of(const void *self) {
    (void)self;
    return "tests";
}

static uint32_t vendor_number_of(const void *self) {
    (void)self;
    return 0;
}

static const char *version_of(const void *self) {
    (void)self;
    return "1.0.0";
}

static Status *supported(void *self, const void *const *devices, size_t count, void **claimed, size_t max, size_t *made) {
    *made = 0;
    for (size_t i = 0; CLAIMS && i < count && *made < max; i++) {
        int kind = ((int (*)(const void *)) api[307])(devices[i]);
        if (kind == PROCESSOR) {
            Status *status = CALL(provider_api, 0, void *, const void *, const void *, const void *, void **)(
                self, devices[i], NULL, NULL, &claimed[*made]);
            if (status != NULL) {
                return status;
            }
            (*made)++;
        }
    }
    return NULL;
}

static Status *capability(void *self, const void *graph, void *support) {
    (void)self;
    size_t count = 0;
    const void *nodes[NODES_MAX];
    Status *status = CALL(api, 344, const void *, size_t *)(graph, &count);
    if (status != NULL || count > NODES_MAX) {
        return status;
    }
    status = CALL(api, 345, const void *, const void **, size_t)(graph, nodes, count);
    for (size_t i = 0; status == NULL && i < count; i++) {
        const char *operation = NULL;
        status = CALL(api, 350, const void *, const char **)(nodes[i], &operation);
        if (status == NULL && strcmp(operation, "Add") == 0) {
            status = CALL(provider_api, 2, void *, const void *const *, size_t, const void *)(
                support, &nodes[i], 1, NULL);
        }
    }
    return status;
}

static Status *create_state(void *self, void *context, void **state) {
    (void)self;
    (void)context;
    *state = NULL;
    return NULL;
}

static void release_state(void *self, void *state) {
    (void)self;
    (void)state;
}

static Status *compute(void *self, void *state, void *context) {
    (void)self;
    (void)state;
    const void *left = NULL;
    const void *right = NULL;
    void *shape = NULL;
    void *sum = NULL;
    float *values[3] = {NULL, NULL, NULL};
    int64_t dimensions[8];
    size_t rank = 0;
    size_t count = 0;
    Status *status = CALL(api, 90, const void *, size_t, const void **)(context, 0, &left);
    status = status != NULL ? status : CALL(api, 90, const void *, size_t, const void **)(context, 1, &right);
    status = status != NULL ? status : CALL(api, 65, const void *, void **)(left, &shape);
    if (status != NULL) {
        return status;
    }
    status = CALL(api, 61, const void *, size_t *)(shape, &rank);
    if (status == NULL && rank > 8) {
        status = failure("too many dimensions");
    }
    status = status != NULL ? status : CALL(api, 62, const void *, int64_t *, size_t)(shape, dimensions, rank);
    status = status != NULL ? status : CALL(api, 64, const void *, size_t *)(shape, &count);
    status = status != NULL ? status
        : CALL(api, 91, void *, size_t, const int64_t *, size_t, void **)(context, 0, dimensions, rank, &sum);
    status = status != NULL ? status : CALL(api, 51, const void *, float **)(left, &values[0]);
    status = status != NULL ? status : CALL(api, 51, const void *, float **)(right, &values[1]);
    status = status != NULL ? status : CALL(api, 51, const void *, float **)(sum, &values[2]);
    for (size_t i = 0; status == NULL && i < count; i++) {
        values[2][i] = values[0][i] + values[1][i] + 1000;
    }
    ((void (*)(void *)) api[99])(shape);
    return status;
}

static Status *compile(void *self, const void **graphs, const void **nodes, size_t count, Compute **made, void **others) {
    (void)self;
    (void)graphs;
    (void)nodes;
    (void)others;
    for (size_t i = 0; i < count; i++) {
        made[i] = calloc(1, sizeof(Compute));
        made[i]->version = VERSION;
        made[i]->create_state = create_state;
        made[i]->compute = compute;
        made[i]->release_state = release_state;
    }
    return NULL;
}

static void release_computes(void *self, Compute **made, size_t count) {
    (void)self;
    for (size_t i = 0; i < count; i++) {
        free(made[i]);
    }
}

static Status *create(
    void *self, const void *const *devices, const void *const *pairs, size_t count, const void *options,
    const void *logger, void **made) {
    (void)self;
    (void)devices;
    (void)pairs;
    (void)count;
    (void)options;
    (void)logger;
    if (FAILS) {
        return failure("the unit is on fire");
    }
    provider.version = VERSION;
    provider.functions[0] = (void *)name_of;
    provider.functions[1] = (void *)capability;
    provider.functions[2] = (void *)compile;
    provider.functions[3] = (void *)release_computes;
    *made = &provider;
    return NULL;
}

static void release(void *self, void *made) {
    (void)self;
    (void)made;
}

static Status *no_allocator(void *self, const void *memory, const void *options, void **made) {
    (void)self;
    (void)memory;
    (void)options;
    *made = NULL;
    return NULL;
}

static void release_allocator(void *self, void *allocator) {
    (void)self;
    (void)allocator;
}

static Status *no_transfer(void *self, void **made) {
    (void)self;
    *made = NULL;
    return NULL;
}

static bool streams(const void *self) {
    (void)self;
    return false;
}

Status *CreateEpFactories(
    const char *name, const Base *base, const void *logger, Factory **made, size_t max, size_t *count) {
    (void)name;
    (void)logger;
    api = base->get_api(VERSION);
    if (api == NULL || max == 0) {
        return NULL;
    }
    provider_api = ((Table(*)(void))api[317])();
    factory.version = VERSION;
    factory.functions[0] = (void *)name_of;
    factory.functions[1] = (void *)vendor_of;
    factory.functions[2] = (void *)supported;
    factory.functions[3] = (void *)create;
    factory.functions[4] = (void *)release;
    factory.functions[5] = (void *)vendor_number_of;
    factory.functions[6] = (void *)version_of;
    factory.functions[8] = (void *)no_allocator;
    factory.functions[9] = (void *)release_allocator;
    factory.functions[10] = (void *)no_transfer;
    factory.functions[11] = (void *)streams;
    made[0] = &factory;
    *count = 1;
    return NULL;
}

Status *ReleaseEpFactory(Factory *made) {
    (void)made;
    return NULL;
}
