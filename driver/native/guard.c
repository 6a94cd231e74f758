/*
 * Mappings of a device that may leave: what reads as ones on the bus reads as ones here.
 *
 * Where the kernel has taken the pages of a mapped BAR away, since the device is gone or its memory space is switched
 * off, an access raises SIGBUS. Its handler puts memory full of ones in their place, counts that, and the access goes
 * on. A fault anywhere else is whoever's it was before.
 *
 * A mapping ends in two steps. After bw_guard_shut no access by its guard begins and none is under way; the pages are
 * then replaced or unmapped. bw_guard_free comes before an unmapping: no handler of any thread is about to put ones
 * where somebody else's memory may be by then.
 */

#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct bw_guard {
        uintptr_t address;
        size_t size_bytes;      /* 0 while no handler may look at it */
        uint64_t number;        /* what it is known by; 0 while no access may begin */
        uint64_t turns;         /* how often it was taken: a number is never given twice */
        uint32_t users;         /* accesses under way */
        uint32_t faults;
        bool taken;
};

enum {
        INDEX_BITS = 12,
        MOST_GUARDS = 1 << INDEX_BITS,
        CHUNK_BYTES = 4096, /* the longest that one access keeps a mapping from ending */
};

static const uintptr_t PIECE_BYTES = 64 << 10; /* replaced at once */
static const int ONES = 0xff;

static struct bw_guard guards[MOST_GUARDS];
static uint32_t used;     /* guards beyond this were never anybody's */
static uint32_t handling; /* threads that are in the handler */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct sigaction previous;

static pid_t passing;     /* the thread on which the handler that was there before runs, or 0 */

static struct bw_guard *slot_of(uint64_t number)
{
        return &guards[number & (MOST_GUARDS - 1)];
}

/* The part of guarded mapping that is to be replaced for a fault at an address; false if that is in none. */
static bool find_piece(uintptr_t address, uintptr_t *start, size_t *size_bytes)
{
        uint32_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);

        for (uint32_t i = 0; i < count; i++) {
                size_t whole = __atomic_load_n(&guards[i].size_bytes, __ATOMIC_ACQUIRE);
                uintptr_t first = guards[i].address;
                uintptr_t piece = address & ~(PIECE_BYTES - 1);

                if (address - first >= whole)
                        continue;
                if (piece < first)
                        piece = first;
                *start = piece;
                *size_bytes = first + whole - piece < PIECE_BYTES ? first + whole - piece : PIECE_BYTES;
                __atomic_add_fetch(&guards[i].faults, 1, __ATOMIC_SEQ_CST);
                return true;
        }
        return false;
}

/* Ones in place of a piece of a mapping, at once for every thread. */
static bool put_ones(uintptr_t start, size_t size_bytes)
{
        void *ones = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (ones == MAP_FAILED)
                return false;
        memset(ones, ONES, size_bytes);
        if (mremap(ones, size_bytes, size_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED) {
                munmap(ones, size_bytes);
                return false;
        }
        return true;
}

/* End the process as if there were no handler: the access is made again, or the signal that was sent comes again. */
static void give_up(int number, const siginfo_t *information)
{
        signal(number, SIG_DFL);
        if (information->si_code <= 0)
                raise(number);
}

/*
 * Not ours: let the handler that was there before have it. Some, as Python's faulthandler, tell, put back what was
 * there before them, which may be this one, and raise the signal again: that ends the process.
 */
static void pass_on(int number, siginfo_t *information, void *context)
{
        struct sigaction older = previous;
        bool sent = information->si_code <= 0;
        pid_t self = (pid_t)syscall(SYS_gettid);
        bool again = __atomic_load_n(&passing, __ATOMIC_SEQ_CST) == self; /* called by the one that we called */
        sigset_t waiting;

        if (!again && older.sa_handler == SIG_IGN && sent)
                return;
        if (again || older.sa_handler == SIG_DFL || older.sa_handler == SIG_IGN) {
                give_up(number, information);
                return;
        }
        __atomic_store_n(&passing, self, __ATOMIC_SEQ_CST);
        if (older.sa_flags & SA_SIGINFO)
                older.sa_sigaction(number, information, context);
        else
                older.sa_handler(number);
        __atomic_store_n(&passing, 0, __ATOMIC_SEQ_CST);
        if (!sigpending(&waiting) && sigismember(&waiting, number) == 1)
                signal(number, SIG_DFL);
}

static void on_bus_error(int number, siginfo_t *information, void *context)
{
        int error = errno;
        uintptr_t start;
        size_t size_bytes;
        bool done;

        __atomic_add_fetch(&handling, 1, __ATOMIC_SEQ_CST);
        done = information->si_code > 0 && find_piece((uintptr_t)information->si_addr, &start, &size_bytes) &&
               put_ones(start, size_bytes);
        __atomic_sub_fetch(&handling, 1, __ATOMIC_SEQ_CST);
        if (!done)
                pass_on(number, information, context);
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
        previous = now;
        return !sigaction(SIGBUS, &action, NULL);
}

/* A forked child has one thread: nobody else is in an access or in the handler there. */
static void before_fork(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }

static void in_child(void)
{
        handling = 0;
        for (uint32_t i = 0; i < used; i++)
                guards[i].users = 0;
        pthread_mutex_unlock(&lock);
}

static void watch_forks(void) { pthread_atfork(before_fork, in_parent, in_child); }

uint64_t bw_guard_new(uintptr_t address, size_t size_bytes)
{
        struct bw_guard *made = NULL;
        uint64_t number = 0;

        pthread_once(&once, watch_forks);
        pthread_mutex_lock(&lock);
        if (size_bytes && install()) {
                for (uint32_t i = 0; i < MOST_GUARDS && !made; i++) {
                        if (!guards[i].taken)
                                made = &guards[i];
                }
        }
        if (made) {
                uint32_t index = (uint32_t)(made - guards);

                number = ++made->turns << INDEX_BITS | index;
                made->taken = true;
                made->address = address;
                made->faults = 0;
                __atomic_store_n(&made->size_bytes, size_bytes, __ATOMIC_RELEASE);
                if (index >= used)
                        __atomic_store_n(&used, index + 1, __ATOMIC_RELEASE);
                __atomic_store_n(&made->number, number, __ATOMIC_SEQ_CST);
        }
        pthread_mutex_unlock(&lock);
        return number;
}

uint32_t bw_guard_faults(uint64_t guard)
{
        const struct bw_guard *slot = slot_of(guard);

        if (__atomic_load_n(&slot->number, __ATOMIC_SEQ_CST) != guard)
                return 0;
        return __atomic_load_n(&slot->faults, __ATOMIC_SEQ_CST);
}

void bw_guard_renew(uint64_t guard)
{
        __atomic_store_n(&slot_of(guard)->faults, 0, __ATOMIC_SEQ_CST);
}

/* Keep a mapping from ending until `let_go`; NULL if it is ending, or has ended, or has no such bytes. */
static struct bw_guard *hold(uint64_t guard, size_t offset, size_t size_bytes)
{
        struct bw_guard *slot = slot_of(guard);

        __atomic_add_fetch(&slot->users, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&slot->number, __ATOMIC_SEQ_CST) == guard && guard && size_bytes <= slot->size_bytes &&
            offset <= slot->size_bytes - size_bytes)
                return slot;
        __atomic_sub_fetch(&slot->users, 1, __ATOMIC_RELEASE);
        return NULL;
}

static void let_go(struct bw_guard *slot)
{
        __atomic_sub_fetch(&slot->users, 1, __ATOMIC_RELEASE);
}

static bool is_gone(const struct bw_guard *slot)
{
        return __atomic_load_n(&slot->faults, __ATOMIC_SEQ_CST);
}

/* Let those go on that are waited for, whatever their priority is. */
static void rest(void)
{
        const struct timespec moment = {.tv_nsec = 10000};

        nanosleep(&moment, NULL);
}

void bw_guard_shut(uint64_t guard)
{
        struct bw_guard *slot = slot_of(guard);

        if (!__atomic_compare_exchange_n(&slot->number, &guard, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
                return;
        while (__atomic_load_n(&slot->users, __ATOMIC_ACQUIRE))
                rest();
}

void bw_guard_free(uint64_t guard)
{
        struct bw_guard *slot = slot_of(guard);

        __atomic_store_n(&slot->size_bytes, 0, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&handling, __ATOMIC_SEQ_CST))
                rest();
        __atomic_store_n(&slot->taken, false, __ATOMIC_RELEASE);
}

#define DEFINE_ACCESS(bits)                                                                                            \
        uint##bits##_t bw_guard_read##bits(uint64_t guard, size_t offset)                                              \
        {                                                                                                              \
                struct bw_guard *slot = hold(guard, offset, bits / 8);                                                 \
                uint##bits##_t value = (uint##bits##_t)UINT64_MAX;                                                     \
                                                                                                                       \
                if (!slot)                                                                                             \
                        return value;                                                                                  \
                value = bw_read##bits(slot->address + offset);                                                         \
                if (is_gone(slot))                                                                                     \
                        value = (uint##bits##_t)UINT64_MAX;                                                            \
                let_go(slot);                                                                                          \
                return value;                                                                                          \
        }                                                                                                              \
                                                                                                                       \
        bool bw_guard_write##bits(uint64_t guard, size_t offset, uint##bits##_t value)                                 \
        {                                                                                                              \
                struct bw_guard *slot = hold(guard, offset, bits / 8);                                                 \
                                                                                                                       \
                if (!slot)                                                                                             \
                        return false;                                                                                  \
                bw_write##bits(slot->address + offset, value);                                                         \
                let_go(slot);                                                                                          \
                return true;                                                                                           \
        }

DEFINE_ACCESS(8)
DEFINE_ACCESS(16)
DEFINE_ACCESS(32)
DEFINE_ACCESS(64)

/* The size of the next chunk of `left` bytes at an offset: chunks end where pages do, so that words stay whole. */
static size_t chunk_at(size_t offset, size_t left)
{
        size_t most = CHUNK_BYTES - offset % CHUNK_BYTES;

        return left < most ? left : most;
}

bool bw_guard_copy_from(uint64_t guard, size_t offset, uint8_t *destination, size_t size_bytes)
{
        for (size_t done = 0, size; done < size_bytes; done += size) {
                struct bw_guard *slot;

                size = chunk_at(offset + done, size_bytes - done);
                slot = hold(guard, offset + done, size);
                if (!slot)
                        return false;
                bw_copy_from_device(destination + done, slot->address + offset + done, size);
                if (is_gone(slot))
                        memset(destination + done, ONES, size);
                let_go(slot);
        }
        return true;
}

bool bw_guard_copy_to(uint64_t guard, size_t offset, const uint8_t *source, size_t size_bytes)
{
        for (size_t done = 0, size; done < size_bytes; done += size) {
                struct bw_guard *slot;

                size = chunk_at(offset + done, size_bytes - done);
                slot = hold(guard, offset + done, size);
                if (!slot)
                        return false;
                write_combined(slot->address + offset + done, source + done, size);
                let_go(slot);
        }
        bw_store_fence();
        return true;
}
