/*
 * The way to global memory: each worker remembers the translations that it used.
 *
 * A worker that asks the port is at rest meanwhile: the answer may take as long as it likes, and may need what the one who
 * waits for rest holds. An extent may be out of date when the worker comes back, so it asks again then; what another port
 * answers is used once at least, since that keeps its memory.
 */

#include "sm.h"

static bool allows(const struct sm_page *page, uint64_t va, uint32_t access)
{
        return va - page->begin < page->bytes && (page->access & access) == access;
}

/* Ask whoever is behind the port; false if it refuses, or if the launch was stopped meanwhile. */
static bool ask_port(struct worker *worker, uint64_t va, uint32_t access, struct translation *entry)
{
        const struct sm_port *port = &worker->launch->parameters.port;
        struct sm_page page;
        uint32_t generation;

        do {
                bool refused;

                generation = *worker->generation;
                page = (struct sm_page){0};
                sm_rest(worker);
                refused = port->translate(port->context, va, access, &page) || va - page.begin >= page.bytes;
                if (!sm_go_on(worker))
                        return false;
                if (refused && (!port->extents || generation == *worker->generation))
                        return false;
        } while (port->extents && generation != *worker->generation);
        if (port->extents) {
                if (!allows(&page, va, access))
                        return false;
                sm_extents_note(port->extents, generation, &page);
        }
        *entry = (struct translation){
                .begin = page.begin,
                .bytes = page.bytes,
                .host = (uint8_t *)(uintptr_t)page.host,
                .access = page.access | access,
                .generation = generation,
        };
        return true;
}

/* Look among what the port has told others. */
static bool find_known(struct worker *worker, uint64_t va, uint32_t access, struct translation *entry)
{
        struct sm_extents *extents = worker->launch->parameters.port.extents;
        struct sm_page page;

        if (!extents || sm_extents_find(extents, worker, va, &page) || !allows(&page, va, access))
                return false;
        *entry = (struct translation){
                .begin = page.begin,
                .bytes = page.bytes,
                .host = (uint8_t *)(uintptr_t)page.host,
                .access = page.access,
                .generation = sm_extents_generation(worker),
        };
        return true;
}

/* What stands for memory that keeps nothing: zeros to read, and room to write. */
static uint8_t *sparse_memory(struct worker *worker, uint64_t va, uint32_t bytes, uint32_t access)
{
        uint8_t *room = worker->sparse + va % WIDEST_ATOMIC_BYTES;

        if (bytes > SPARSE_BYTES)
                return NULL;
        if (access != SM_ACCESS_WRITE)
                memset(room, 0, bytes);
        return room;
}

static bool serves(const struct translation *entry, const struct worker *worker, uint64_t va, uint32_t access)
{
        return va - entry->begin < entry->bytes && (entry->access & access) == access
               && entry->generation == *worker->generation;
}

static struct translation *small_entry(struct worker *worker, uint64_t va)
{
        return &worker->cache[(va >> TRANSLATION_SHIFT) % TRANSLATIONS];
}

static struct translation *large_entry(struct worker *worker, uint64_t va)
{
        return &worker->large[(va >> LARGE_TRANSLATION_SHIFT) % LARGE_TRANSLATIONS];
}

/* What serves an access: remembered, known to others, or asked for; NULL if it is refused. */
static const struct translation *find(struct worker *worker, uint64_t va, uint32_t access)
{
        struct translation *small = small_entry(worker, va);
        struct translation *large = large_entry(worker, va);
        struct translation found;

        if (LIKELY(serves(large, worker, va, access)))
                return large;
        if (serves(small, worker, va, access))
                return small;
        if (!find_known(worker, va, access, &found) && !ask_port(worker, va, access, &found))
                return NULL;
        if (!(found.bytes >> LARGE_TRANSLATION_SHIFT)) {
                *small = found;
                return small;
        }
        *large = found;
        return large;
}

uint8_t *sm_translate_slowly(struct worker *worker, uint64_t va, uint32_t bytes, uint32_t access)
{
        const struct translation *entry;

        worker->refused = access;
        if (UNLIKELY(worker->abandoned))
                return NULL; /* it is at rest, and stays so */
        entry = find(worker, va, access);
        if (!entry || entry->bytes - (va - entry->begin) < bytes)
                return NULL;
        if (!entry->host)
                return sparse_memory(worker, va, bytes, access);
        worker->last = *entry;
        return entry->host + (va - entry->begin);
}

int sm_flat_translate(void *context, uint64_t gpu_va, uint32_t access, struct sm_page *page)
{
        const struct sm_flat_memory *memory = context;

        (void)access;
        if (gpu_va - memory->gpu_va >= memory->size_bytes)
                return 1;
        *page = (struct sm_page){
                .begin = memory->gpu_va,
                .bytes = memory->size_bytes,
                .host = memory->host,
                .access = SM_ACCESS_READ | SM_ACCESS_WRITE | SM_ACCESS_ATOMIC | SM_ACCESS_EXECUTE,
        };
        return 0;
}

static const uint32_t never_changed;

void sm_use_flat_memory(struct sm_port *port, struct sm_flat_memory *memory)
{
        port->translate = sm_flat_translate;
        port->context = memory;
        port->generation = &never_changed;
        port->extents = NULL;
}
