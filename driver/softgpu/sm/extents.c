/*
 * Extents of one address space, known to all launches in it.
 *
 * They are kept in a tree like a page table of the GPU: nine bits of the address a level, down to 4 KiB. An entry is an
 * extent or the next node, and an extent stands at the highest level whose entries it fills. Extents that go on where others
 * end, here and in memory of the host, become one. Readers take no lock: entries
 * and nodes are only added while the tree's generation lasts. Invalidating starts a new tree; the old one goes with the last
 * worker that holds it.
 */

#include "sm.h"

#include <stdlib.h>

enum {
        PAGE_SHIFT = 12,
        LEVEL_BITS = 9,
        FANOUT = 1 << LEVEL_BITS,
        LEVELS = 5, /* 12 + 5 * 9 = 57 bits */
        ADDRESS_BITS = PAGE_SHIFT + LEVELS * LEVEL_BITS,
};

/* An extent as it is kept; never changed once readers may see it. */
struct kept {
        struct sm_page page;
        struct kept *next; /* of all that the table owns */
};

struct node {
        uintptr_t entry[FANOUT]; /* 0; an address of a node; or of a kept extent, plus IS_EXTENT */
        struct node *next;       /* of all that the table owns */
};

enum { IS_EXTENT = 1 };

struct extent_table {
        struct node *root;
        struct node *nodes;
        struct kept *kept;
        uint32_t generation;
        uint32_t holders; /* under the lock of the extents */
};

struct sm_extents {
        uint32_t generation; /* changed under the lock, read without */
        struct extent_table *table;
        pthread_mutex_t lock;
};

static struct node *new_node(struct extent_table *table)
{
        struct node *node = calloc(1, sizeof *node);

        if (node) {
                node->next = table->nodes;
                table->nodes = node;
        }
        return node;
}

static void free_table(struct extent_table *table)
{
        while (table->nodes) {
                struct node *node = table->nodes;

                table->nodes = node->next;
                free(node);
        }
        while (table->kept) {
                struct kept *kept = table->kept;

                table->kept = kept->next;
                free(kept);
        }
        free(table);
}

static struct extent_table *new_table(uint32_t generation)
{
        struct extent_table *table = calloc(1, sizeof *table);

        if (!table)
                return NULL;
        table->generation = generation;
        table->holders = 1; /* the extents' own */
        table->root = new_node(table);
        if (!table->root) {
                free(table);
                return NULL;
        }
        return table;
}

/* The lock is held. */
static void let_go(struct extent_table *table)
{
        if (table && !--table->holders)
                free_table(table);
}

struct sm_extents *sm_extents_new(void)
{
        struct sm_extents *extents = calloc(1, sizeof *extents);

        if (extents)
                pthread_mutex_init(&extents->lock, NULL);
        return extents;
}

void sm_extents_free(struct sm_extents *extents)
{
        if (!extents)
                return;
        let_go(extents->table);
        pthread_mutex_destroy(&extents->lock);
        free(extents);
}

void sm_extents_invalidate(struct sm_extents *extents)
{
        pthread_mutex_lock(&extents->lock);
        __atomic_add_fetch(&extents->generation, 1, __ATOMIC_SEQ_CST);
        let_go(extents->table);
        extents->table = NULL;
        pthread_mutex_unlock(&extents->lock);
}

void sm_use_extents(struct sm_port *port, struct sm_extents *extents)
{
        port->extents = extents;
        port->generation = &extents->generation;
}

/* The table of now; NULL without memory. The lock is held. */
static struct extent_table *current_table(struct sm_extents *extents)
{
        if (!extents->table)
                extents->table = new_table(extents->generation);
        return extents->table;
}

/* Let the worker hold the table of now. */
static bool bring_up_to_date(struct sm_extents *extents, struct worker *worker)
{
        if (worker->table && worker->table->generation == __atomic_load_n(&extents->generation, __ATOMIC_ACQUIRE))
                return true;
        pthread_mutex_lock(&extents->lock);
        let_go(worker->table);
        worker->table = current_table(extents);
        if (worker->table)
                worker->table->holders++;
        pthread_mutex_unlock(&extents->lock);
        return worker->table != NULL;
}

void sm_extents_leave(struct sm_extents *extents, struct worker *worker)
{
        if (!worker->table)
                return;
        pthread_mutex_lock(&extents->lock);
        let_go(worker->table);
        pthread_mutex_unlock(&extents->lock);
        worker->table = NULL;
}

static unsigned shift_of(unsigned level)
{
        return PAGE_SHIFT + LEVEL_BITS * (LEVELS - 1 - level);
}

static const struct kept *look_up(const struct extent_table *table, uint64_t va)
{
        const struct node *node = table->root;

        if (va >> ADDRESS_BITS)
                return NULL;
        for (unsigned level = 0; level < LEVELS; level++) {
                uintptr_t entry = __atomic_load_n(&node->entry[va >> shift_of(level) & (FANOUT - 1)], __ATOMIC_ACQUIRE);

                if (!entry)
                        return NULL;
                if (entry & IS_EXTENT)
                        return (const struct kept *)(entry - IS_EXTENT);
                node = (const struct node *)entry;
        }
        return NULL;
}

int sm_extents_find(struct sm_extents *extents, struct worker *worker, uint64_t va, struct sm_page *page)
{
        const struct kept *kept;

        if (!bring_up_to_date(extents, worker))
                return 1;
        kept = look_up(worker->table, va);
        if (!kept || va - kept->page.begin >= kept->page.bytes)
                return 1;
        *page = kept->page;
        return 0;
}

uint32_t sm_extents_generation(const struct worker *worker)
{
        return worker->table->generation;
}

/* The node below an entry of `level`, made if need be: of what the whole entry stood for. */
static struct node *descend(struct extent_table *table, uintptr_t *entry)
{
        struct node *below;

        if (*entry && !(*entry & IS_EXTENT))
                return (struct node *)*entry;
        below = new_node(table);
        if (!below)
                return NULL;
        for (unsigned i = 0; i < FANOUT; i++)
                below->entry[i] = *entry;
        __atomic_store_n(entry, (uintptr_t)below, __ATOMIC_RELEASE);
        return below;
}

/* Put an extent into all entries below `node`, which begins at `base`, that it fills or that hold one of its ends. */
static bool put(struct extent_table *table, struct node *node, unsigned level, uint64_t base, const struct kept *kept)
{
        uint64_t first = kept->page.begin;
        uint64_t last = first + (kept->page.bytes - 1);
        uint64_t entry_bytes = UINT64_C(1) << shift_of(level);

        for (unsigned i = first > base ? (unsigned)((first - base) >> shift_of(level)) : 0; i < FANOUT; i++) {
                uint64_t begin = base + i * entry_bytes;
                bool filled = first <= begin && last >= begin + (entry_bytes - 1);

                if (begin > last)
                        break;
                if (filled || level == LEVELS - 1) {
                        __atomic_store_n(&node->entry[i], (uintptr_t)kept + IS_EXTENT, __ATOMIC_RELEASE);
                        continue;
                }
                struct node *below = descend(table, &node->entry[i]);

                if (!below || !put(table, below, level + 1, begin, kept))
                        return false;
        }
        return true;
}

/* Is `second` the same memory going on after `first`? */
static bool continues(const struct sm_page *first, const struct sm_page *second)
{
        bool sparse = !first->host && !second->host;

        return first->begin + first->bytes == second->begin && first->access == second->access
               && (sparse || (first->host && first->host + first->bytes == second->host));
}

/* Join a page with what is known before and after it. */
static struct sm_page joined(const struct extent_table *table, struct sm_page page)
{
        const struct kept *before = page.begin ? look_up(table, page.begin - 1) : NULL;
        const struct kept *after = look_up(table, page.begin + page.bytes);

        if (before && continues(&before->page, &page)) {
                page.begin = before->page.begin;
                page.host = before->page.host;
                page.bytes += before->page.bytes;
        }
        if (after && continues(&page, &after->page))
                page.bytes += after->page.bytes;
        return page;
}

void sm_extents_note(struct sm_extents *extents, uint32_t generation, const struct sm_page *page)
{
        struct extent_table *table;
        struct kept *kept;

        if (page->begin >> ADDRESS_BITS || (page->begin + (page->bytes - 1)) >> ADDRESS_BITS)
                return;
        pthread_mutex_lock(&extents->lock);
        table = generation == extents->generation ? current_table(extents) : NULL;
        kept = table ? malloc(sizeof *kept) : NULL;
        if (kept) {
                *kept = (struct kept){.page = joined(table, *page), .next = table->kept};
                table->kept = kept;
                put(table, table->root, 0, 0, kept);
        }
        pthread_mutex_unlock(&extents->lock);
}
