/* The way to global memory: each worker remembers the translations that it used. */

#include "sm.h"

/* Ask the port, and remember what it says. */
static const struct translation *ask_port(struct worker *worker, uint64_t va, uint32_t access, struct translation *entry)
{
        const struct sm_port *port = &worker->launch->parameters.port;
        uint32_t generation = *worker->generation;
        struct sm_page page = {0};

        if (port->translate(port->context, va, access, &page) || va - page.begin >= page.bytes)
                return NULL;
        *entry = (struct translation){
                .begin = page.begin,
                .bytes = page.bytes,
                .host = (uint8_t *)(uintptr_t)page.host,
                .access = page.access | access,
                .generation = generation,
        };
        return entry;
}

uint8_t *sm_translate_slowly(struct worker *worker, uint64_t va, uint32_t bytes, uint32_t access)
{
        struct translation *entry = &worker->cache[(va >> TRANSLATION_GRANULE_SHIFT) % TRANSLATIONS];
        bool known = va - entry->begin < entry->bytes && (entry->access & access) == access
                     && entry->generation == *worker->generation;

        if (!known && !ask_port(worker, va, access, entry))
                return NULL;
        worker->last = *entry;
        if (entry->bytes - (va - entry->begin) < bytes)
                return NULL;
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
}
