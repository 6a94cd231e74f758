/*
 * Mappings of a device that may leave: what reads as ones on the bus reads as ones here.
 *
 * Where the kernel has taken the pages of a mapped BAR away, since the device is gone or its memory space is switched
 * off, an access raises SIGBUS. Its handler puts memory full of ones in their place, counts that, and the access goes
 * on. A fault anywhere else is whoever's it was before.
 */

#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Guards are never given back to the system: the handler of another thread may look at one that was just closed. */
struct bw_guard {
        uintptr_t address;
        size_t size_bytes;      /* 0 while it is nobody's */
        uint32_t faults;
};

enum { MOST_GUARDS = 4096 };

static const uintptr_t PIECE_BYTES = 64 << 10; /* replaced at once */
static const int ONES = 0xff;

static struct bw_guard guards[MOST_GUARDS];
static uint32_t used; /* guards beyond this were never anybody's */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;
static bool gave_way;

static struct bw_guard *guard_of(uintptr_t address)
{
        uint32_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);

        for (uint32_t i = 0; i < count; i++) {
                size_t size_bytes = __atomic_load_n(&guards[i].size_bytes, __ATOMIC_ACQUIRE);

                if (size_bytes && address - guards[i].address < size_bytes)
                        return &guards[i];
        }
        return NULL;
}

/* Ones in place of the piece of a mapping that an address is in, at once for every thread. */
static bool put_ones(const struct bw_guard *guard, uintptr_t address)
{
        uintptr_t end = guard->address + guard->size_bytes;
        uintptr_t start = address & ~(PIECE_BYTES - 1);
        size_t size_bytes;
        void *ones;

        if (start < guard->address)
                start = guard->address;
        size_bytes = end - start < PIECE_BYTES ? end - start : PIECE_BYTES;
        ones = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (ones == MAP_FAILED)
                return false;
        memset(ones, ONES, size_bytes);
        if (mremap(ones, size_bytes, size_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED) {
                munmap(ones, size_bytes);
                return false;
        }
        return true;
}

/*
 * Not ours: give way to the handler that was there, and let the access be made again. If it comes back here, since that
 * one put this one back (as Python's faulthandler does once it has told), it ends the process.
 */
static void pass_on(int number, const siginfo_t *information)
{
        if (__atomic_exchange_n(&gave_way, true, __ATOMIC_SEQ_CST))
                signal(number, SIG_DFL);
        else
                sigaction(number, &previous, NULL);
        if (information->si_code <= 0)
                raise(number); /* somebody sent it: there is no access to be made again */
}

static void on_bus_error(int number, siginfo_t *information, void *context)
{
        int error = errno;
        struct bw_guard *guard = information->si_code > 0 ? guard_of((uintptr_t)information->si_addr) : NULL;

        if (guard) {
                __atomic_add_fetch(&guard->faults, 1, __ATOMIC_SEQ_CST);
                if (put_ones(guard, (uintptr_t)information->si_addr)) {
                        errno = error;
                        return;
                }
        }
        pass_on(number, information);
        errno = error;
}

/* Before everybody else's handler: with each new guard, since somebody may have put another one before it. */
static bool install(void)
{
        struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        struct sigaction now;

        sigemptyset(&action.sa_mask);
        if (sigaction(SIGBUS, NULL, &now))
                return false;
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_bus_error)
                return true;
        gave_way = false;
        return !sigaction(SIGBUS, &action, &previous);
}

struct bw_guard *bw_guard_new(uintptr_t address, size_t size_bytes)
{
        struct bw_guard *made = NULL;

        pthread_mutex_lock(&lock);
        if (size_bytes && install()) {
                for (uint32_t i = 0; i < MOST_GUARDS && !made; i++) {
                        if (!guards[i].size_bytes)
                                made = &guards[i];
                }
        }
        if (made) {
                made->address = address;
                made->faults = 0;
                __atomic_store_n(&made->size_bytes, size_bytes, __ATOMIC_RELEASE);
                if (made - guards >= used)
                        __atomic_store_n(&used, (uint32_t)(made - guards) + 1, __ATOMIC_RELEASE);
        }
        pthread_mutex_unlock(&lock);
        return made;
}

uint32_t bw_guard_faults(const struct bw_guard *guard)
{
        return __atomic_load_n(&guard->faults, __ATOMIC_SEQ_CST);
}

void bw_guard_renew(struct bw_guard *guard)
{
        __atomic_store_n(&guard->faults, 0, __ATOMIC_SEQ_CST);
}

void bw_guard_free(struct bw_guard *guard)
{
        /* Without the lock: in a forked child nobody may be left to give it back. */
        __atomic_store_n(&guard->size_bytes, 0, __ATOMIC_RELEASE);
}

uint32_t bw_guard_read32(const struct bw_guard *guard, size_t offset)
{
        uint32_t value = bw_read32(guard->address + offset);

        return bw_guard_faults(guard) ? UINT32_MAX : value;
}

void bw_guard_write32(const struct bw_guard *guard, size_t offset, uint32_t value)
{
        bw_write32(guard->address + offset, value);
}
