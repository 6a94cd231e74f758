/*
 * Code: read once, bound for launches, kept.
 *
 * A cache keeps *lines*, the words of 1 KiB of code as they were when they were read, as an instruction cache does; and
 * *blocks*, lines bound for launches with one bind_key. In a block constants are values, so a launch may use a block of
 * another one only if the instructions that depend on constants come out the same when they are bound for it.
 *
 * Each launch has a table of the blocks that it uses, which its workers read without a lock. A block lives as long as its
 * cache or a launch uses it.
 */

#include "sm.h"

#include <stdlib.h>

enum {
        CACHE_BUCKETS = 256,
        VARIANTS = 4,          /* blocks of one place and key that are kept */
        MOST_KEPT_BLOCKS = 1024,
        BLOCK_SHIFT = 10, /* BLOCK_BYTES */
        FIRST_WITH_GMMU_V3 = 90,
        GMMU_V3_BITS = 57, /* of a virtual address */
        GMMU_V2_BITS = 49,
};

/* 1 KiB of code as it was read. */
struct code_line {
        uint64_t va;
        uint64_t readable; /* a bit for each instruction */
        uint64_t word[BLOCK_INSTRUCTIONS][2];
        struct code_line *next;
};

struct sm_code_cache {
        pthread_mutex_t lock;
        struct code_line *line[CACHE_BUCKETS];
        struct code_block *block[CACHE_BUCKETS];
        uint64_t lines;
        uint64_t blocks;
        uint64_t bound; /* blocks, since the cache was made */
        uint64_t clock; /* counts uses */
};

struct sm_code_cache *sm_code_cache_new(void)
{
        struct sm_code_cache *cache = calloc(1, sizeof *cache);

        if (cache)
                pthread_mutex_init(&cache->lock, NULL);
        return cache;
}

static unsigned bucket_of(uint64_t va)
{
        return (unsigned)(va >> BLOCK_SHIFT) % CACHE_BUCKETS;
}

/* The cache keeps a block no longer: it goes with the last launch that uses it. The lock is held. */
static void drop_block(struct sm_code_cache *cache, struct code_block **place)
{
        struct code_block *block = *place;

        *place = block->next;
        cache->blocks--;
        block->cached = false;
        if (!block->users)
                free(block);
}

static void forget_all(struct sm_code_cache *cache)
{
        for (unsigned i = 0; i < CACHE_BUCKETS; i++) {
                while (cache->block[i])
                        drop_block(cache, &cache->block[i]);
                while (cache->line[i]) {
                        struct code_line *line = cache->line[i];

                        cache->line[i] = line->next;
                        free(line);
                }
        }
        cache->lines = 0;
}

void sm_code_cache_forget(struct sm_code_cache *cache)
{
        pthread_mutex_lock(&cache->lock);
        forget_all(cache);
        pthread_mutex_unlock(&cache->lock);
}

void sm_code_cache_free(struct sm_code_cache *cache)
{
        if (!cache)
                return;
        forget_all(cache);
        pthread_mutex_destroy(&cache->lock);
        free(cache);
}

void sm_code_cache_count(struct sm_code_cache *cache, uint64_t counts[3])
{
        pthread_mutex_lock(&cache->lock);
        counts[0] = cache->lines;
        counts[1] = cache->blocks;
        counts[2] = cache->bound;
        pthread_mutex_unlock(&cache->lock);
}

/* Lines. */

/* Read a line through the worker's port, which may take long: no lock is held. */
static void read_line(struct worker *worker, uint64_t va, struct code_line *line)
{
        *line = (struct code_line){.va = va};
        for (unsigned i = 0; i < BLOCK_INSTRUCTIONS; i++) {
                uint64_t at = va + i * INSTRUCTION_BYTES;
                const uint8_t *code = sm_translate(worker, at, INSTRUCTION_BYTES, SM_ACCESS_EXECUTE);

                if (!code)
                        continue;
                memcpy(line->word[i], code, INSTRUCTION_BYTES);
                line->readable |= UINT64_C(1) << i;
        }
}

/* The lock is held. */
static struct code_line *find_line(const struct sm_code_cache *cache, uint64_t va)
{
        struct code_line *line = cache->line[bucket_of(va)];

        while (line && line->va != va)
                line = line->next;
        return line;
}

/* Keep a copy of a line, if it is whole and new. The lock is held. */
static void keep_line(struct sm_code_cache *cache, const struct code_line *read)
{
        struct code_line **bucket = &cache->line[bucket_of(read->va)];
        struct code_line *line;

        if (read->readable != UINT64_MAX || find_line(cache, read->va))
                return;
        line = malloc(sizeof *line);
        if (!line)
                return;
        *line = *read;
        line->next = *bucket;
        *bucket = line;
        cache->lines++;
}

/* Blocks. */

/* One instruction that can't be fetched faults when it is executed. */
static void bind_unreachable(const struct launch *launch, uint64_t va, struct uop *uop)
{
        unsigned address_bits = launch->arch >= FIRST_WITH_GMMU_V3 ? GMMU_V3_BITS : GMMU_V2_BITS;

        memset(uop, 0, sizeof *uop);
        uop->va = va;
        uop->target = va;
        uop->guard.index = SM_PT;
        uop->fault = va >> address_bits ? SM_FAULT_PC_OVERFLOW : SM_FAULT_MMU;
        uop->run = launch->isa->raise;
}

static struct bind_key key_of(const struct launch *launch)
{
        const uint32_t *cluster = launch->parameters.cluster;

        return (struct bind_key){
                .isa = launch->isa,
                .arch = launch->arch,
                .register_count = launch->register_count,
                .clustered = cluster[0] * cluster[1] * cluster[2] != 1,
                .watched = launch->parameters.watch != NULL,
        };
}

static bool same_key(const struct bind_key *a, const struct bind_key *b)
{
        return a->isa == b->isa && a->arch == b->arch && a->register_count == b->register_count
               && a->clustered == b->clustered && a->watched == b->watched;
}

/* Bind one instruction for a launch. */
static void bind_one(const struct launch *launch, uint64_t va, const uint64_t word[2], struct uop *uop, struct watched *watched)
{
        launch->isa->bind(launch, va, word, uop);
        if (launch->parameters.watch)
                launch->isa->watch(launch, uop, watched);
}

/* Bind a line for a launch; NULL without memory. */
static struct code_block *bind_block(const struct launch *launch, const struct code_line *line)
{
        struct code_block *block = sm_allocate(sizeof *block);
        struct uop *last;

        if (!block)
                return NULL;
        block->va = line->va;
        block->key = key_of(launch);
        for (unsigned i = 0; i < BLOCK_INSTRUCTIONS; i++) {
                uint64_t va = line->va + i * INSTRUCTION_BYTES;

                if (!(line->readable >> i & 1)) {
                        bind_unreachable(launch, va, &block->uop[i]);
                        continue;
                }
                bind_one(launch, va, line->word[i], &block->uop[i], &block->watched[i]);
                block->reads_constants |= (uint64_t)block->uop[i].reads_constants << i;
        }
        last = &block->uop[BLOCK_INSTRUCTIONS];
        last->run = launch->isa->next_block;
        last->guard.index = SM_PT;
        last->va = line->va + BLOCK_BYTES;
        return block;
}

/* Does a block hold what would be bound for the launch? */
static bool suits(const struct code_block *block, const struct launch *launch)
{
        for (uint64_t rest = block->reads_constants; rest; rest &= rest - 1) {
                const struct uop *have = &block->uop[__builtin_ctzll(rest)];
                struct watched watched;
                struct uop wanted;

                bind_one(launch, have->va, have->word, &wanted, &watched);
                if (memcmp(&wanted, have, sizeof wanted))
                        return false;
        }
        return true;
}

/* A kept block for the launch, or NULL; and how many there are of its place and key. The lock is held. */
static struct code_block *find_kept(struct sm_code_cache *cache, const struct launch *launch, uint64_t va, unsigned *variants)
{
        struct bind_key key = key_of(launch);

        *variants = 0;
        for (struct code_block *block = cache->block[bucket_of(va)]; block; block = block->next) {
                if (block->va != va || !same_key(&block->key, &key))
                        continue;
                ++*variants;
                if (suits(block, launch))
                        return block;
        }
        return NULL;
}

/* Drop the one that nobody has used for longest: of those at `va`, or of all. The lock is held. */
static bool make_room(struct sm_code_cache *cache, const uint64_t *va)
{
        unsigned first = va ? bucket_of(*va) : 0;
        unsigned last = va ? first : CACHE_BUCKETS - 1;
        struct code_block **oldest = NULL;

        for (unsigned i = first; i <= last; i++)
                for (struct code_block **place = &cache->block[i]; *place; place = &(*place)->next)
                        if (!(*place)->users && (!va || (*place)->va == *va) && (!oldest || (*place)->used < (*oldest)->used))
                                oldest = place;
        if (oldest)
                drop_block(cache, oldest);
        return oldest != NULL;
}

static void keep_block(struct sm_code_cache *cache, struct code_block *block, unsigned variants)
{
        struct code_block **bucket = &cache->block[bucket_of(block->va)];

        if (variants >= VARIANTS && !make_room(cache, &block->va))
                return;
        if (cache->blocks >= MOST_KEPT_BLOCKS && !make_room(cache, NULL))
                return;
        block->cached = true;
        block->next = *bucket;
        *bucket = block;
        cache->blocks++;
}

/* The block at `va` for a launch, from what is kept; NULL if there is no line, or no memory. The lock is held. */
static struct code_block *take_kept(struct sm_code_cache *cache, const struct launch *launch, uint64_t va,
                                    const struct code_line *read)
{
        unsigned variants;
        struct code_block *block = find_kept(cache, launch, va, &variants);
        const struct code_line *line = find_line(cache, va);

        line = line ? line : read;
        if (!block && line) {
                block = bind_block(launch, line);
                if (!block)
                        return NULL;
                cache->bound++;
                if (line->readable == UINT64_MAX)
                        keep_block(cache, block, variants);
        }
        if (block) {
                block->users++;
                block->used = ++cache->clock;
        }
        return block;
}

/* The block at `va` from the launch's cache, through the port if need be. */
static struct code_block *take_block(struct worker *worker, uint64_t va)
{
        struct launch *launch = worker->launch;
        struct sm_code_cache *cache = launch->cache;
        struct code_block *block;
        struct code_line read;

        pthread_mutex_lock(&cache->lock);
        block = take_kept(cache, launch, va, NULL);
        pthread_mutex_unlock(&cache->lock);
        if (block)
                return block;
        read_line(worker, va, &read);
        if (worker->abandoned)
                return NULL;
        pthread_mutex_lock(&cache->lock);
        keep_line(cache, &read);
        block = take_kept(cache, launch, va, &read);
        pthread_mutex_unlock(&cache->lock);
        return block;
}

/* A launch does not use a block any more. */
static void give_back(struct sm_code_cache *cache, struct code_block *block)
{
        bool unused;

        pthread_mutex_lock(&cache->lock);
        unused = !--block->users && !block->cached;
        pthread_mutex_unlock(&cache->lock);
        if (unused)
                free(block);
}

/* Launches. */

static struct code_block *find_linked(const struct launch *launch, uint64_t va)
{
        const struct code_link *link = __atomic_load_n(&launch->code[(va >> BLOCK_SHIFT) % CODE_BUCKETS], __ATOMIC_ACQUIRE);

        while (link && link->va != va)
                link = link->next;
        return link ? link->block : NULL;
}

/* Enter a block in the launch's table, unless another worker was first: the one that is there then. */
static struct code_block *enter_block(struct launch *launch, struct code_block *block)
{
        struct code_link **bucket = &launch->code[(block->va >> BLOCK_SHIFT) % CODE_BUCKETS];
        struct code_link *link = malloc(sizeof *link);
        struct code_block *there;

        pthread_mutex_lock(&launch->code_lock);
        there = find_linked(launch, block->va);
        if (!there && link) {
                *link = (struct code_link){.va = block->va, .block = block, .next = *bucket};
                __atomic_store_n(bucket, link, __ATOMIC_RELEASE);
                link = NULL;
                there = block;
                block = NULL;
        }
        pthread_mutex_unlock(&launch->code_lock);
        free(link);
        if (block)
                give_back(launch->cache, block);
        return there;
}

struct code_block *sm_code_block(struct worker *worker, uint64_t pc)
{
        struct launch *launch = worker->launch;
        uint64_t va = pc & ~(uint64_t)(BLOCK_BYTES - 1);
        struct code_block *block = find_linked(launch, va);

        if (LIKELY(block))
                return block;
        block = take_block(worker, va);
        if (block)
                block = enter_block(launch, block);
        if (!block && !worker->abandoned)
                sm_stop(launch, SM_NO_MEMORY);
        return block;
}

void sm_release_code(struct launch *launch)
{
        for (unsigned i = 0; i < CODE_BUCKETS; i++)
                while (launch->code[i]) {
                        struct code_link *link = launch->code[i];

                        launch->code[i] = link->next;
                        give_back(launch->cache, link->block);
                        free(link);
                }
}

/* Comparing with memory. */

/* The addresses of all lines; NULL without memory or lines. */
static uint64_t *list_lines(struct sm_code_cache *cache, uint64_t *count)
{
        uint64_t *found;

        *count = 0;
        pthread_mutex_lock(&cache->lock);
        found = malloc(cache->lines * sizeof *found + 1);
        for (unsigned i = 0; found && i < CACHE_BUCKETS; i++)
                for (const struct code_line *line = cache->line[i]; line; line = line->next)
                        found[(*count)++] = line->va;
        pthread_mutex_unlock(&cache->lock);
        return found;
}

/* Is there a line that differs from what was read now? */
static bool differs(struct sm_code_cache *cache, const struct code_line *read)
{
        const struct code_line *line;
        bool different;

        pthread_mutex_lock(&cache->lock);
        line = find_line(cache, read->va);
        different = line && (read->readable != UINT64_MAX || memcmp(line->word, read->word, sizeof line->word));
        pthread_mutex_unlock(&cache->lock);
        return different;
}

uint32_t sm_code_cache_stale(struct sm_code_cache *cache, const struct sm_port *port, uint64_t stale[], uint32_t capacity)
{
        struct launch *launch = sm_allocate(sizeof *launch);
        struct worker *worker = sm_allocate(sizeof *worker);
        uint64_t count = 0;
        uint64_t *lines = launch && worker ? list_lines(cache, &count) : NULL;
        uint32_t found = 0;

        if (lines) {
                launch->parameters.port = *port;
                worker->launch = launch;
                worker->generation = port->generation;
                for (uint64_t i = 0; i < count; i++) {
                        struct code_line read;

                        read_line(worker, lines[i], &read);
                        if (!differs(cache, &read))
                                continue;
                        if (found < capacity)
                                stale[found] = lines[i];
                        found++;
                }
                if (port->extents)
                        sm_extents_leave(port->extents, worker);
        }
        free(lines);
        free(worker);
        free(launch);
        return found;
}
