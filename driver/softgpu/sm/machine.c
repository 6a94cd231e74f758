/*
 * Launches: host threads ("workers"), each of which runs the CTAs that it has admitted, a warp at a time.
 *
 * A worker stays with one CTA until it ends. Only if the CTA's warps use up their time slices, as they do when they wait for
 * another CTA in a loop, does it admit one more, up to what real SMs would hold, and gives its CTAs turns. So grids that
 * meet at barriers in memory make progress, and others touch the memory of one CTA a thread.
 */

#include "sm.h"

#include <fenv.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
        TIME_SLICE = 1 << 18,          /* warp instructions */
        CTAS_BETWEEN_LOOKS = 64,       /* at the deadline, where CTAs end before their time slices do */
        POLLS_OF_A_WAITER = 32,        /* in a time slice: then another CTA is admitted at once */
        ROUNDS_BEFORE_ADMISSION = 16,  /* else after so many rounds of spent time slices */
        SHORT_ROUNDS = 256,            /* so many rounds that barriers cut short count as one of spent time slices */
        MOST_HELPERS = 256,
        ALONE_NS = 50000,              /* so long one worker works before others are started */
        AFTER_FAULT_SLICE = 1024,      /* warp instructions for others to err in, when one has */
        AFTER_FAULT_NS = 5000000,
        SHARED_PADDING_BYTES = 128,    /* so that a vector access at the last byte stays inside */
        VECTOR_ALIGNMENT_BYTES = 128,
};

uint64_t sm_now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void *sm_allocate(size_t bytes)
{
        size_t rounded = (bytes + VECTOR_ALIGNMENT_BYTES - 1) / VECTOR_ALIGNMENT_BYTES * VECTOR_ALIGNMENT_BYTES;
        void *memory = aligned_alloc(VECTOR_ALIGNMENT_BYTES, rounded);

        if (memory)
                memset(memory, 0, rounded);
        return memory;
}

/* Stopping. */

void sm_stop(struct launch *launch, int why)
{
        int running = 0;

        __atomic_compare_exchange_n(&launch->stopped, &running, why, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static bool is_stopped(const struct launch *launch)
{
        return __atomic_load_n(&launch->stopped, __ATOMIC_RELAXED) != 0;
}

static void check_deadline(struct launch *launch)
{
        if (launch->deadline_ns && sm_now_ns() > launch->deadline_ns)
                sm_stop(launch, SM_TIMED_OUT);
}

void sm_rest(struct worker *worker)
{
        if (!worker->abandoned)
                sm_control_leave(worker->launch->parameters.control);
}

bool sm_go_on(struct worker *worker)
{
        if (!worker->abandoned && sm_control_enter(worker->launch->parameters.control))
                return true;
        worker->abandoned = true;
        worker->last = (struct translation){0}; /* nothing is reached any more, not even what was known */
        sm_stop(worker->launch, SM_STOPPED);
        return false;
}

bool sm_heed(struct worker *worker)
{
        if (worker->abandoned)
                return false;
        sm_rest(worker);
        return sm_go_on(worker);
}

/* Keep a fault, if it is its SM's first. */
static void keep_fault(struct launch *launch, const struct sm_fault *fault)
{
        pthread_mutex_lock(&launch->fault_lock);
        for (uint32_t i = 0; i <= launch->fault_count && i < SM_MOST_FAULTS; i++) {
                if (i == launch->fault_count) {
                        launch->faults[launch->fault_count++] = *fault;
                        break;
                }
                if (launch->faults[i].sm == fault->sm)
                        break;
        }
        pthread_mutex_unlock(&launch->fault_lock);
        sm_stop(launch, SM_FAULTED);
}

enum sm_outcome sm_fault(struct warp *warp, const struct uop *uop, enum sm_fault_kind kind, lane_mask lanes, uint64_t address)
{
        struct launch *launch = warp->cta->launch;
        struct sm_fault fault = {
                .kind = (uint32_t)kind,
                .sm = warp->cta->sm,
                .warp = warp->index,
                .lanes = lanes,
                .cta = {warp->cta->id[0], warp->cta->id[1], warp->cta->id[2]},
                .pc = uop ? uop->va : warp->pc,
                .address = address,
                .access = kind == SM_FAULT_MMU ? warp->worker->refused : 0,
        };

        if (!warp->worker->abandoned) /* else nothing was refused but the worker's going on */
                keep_fault(launch, &fault);
        return SM_FAULT;
}

/* CTAs. */

static void free_cta(struct cta *cta)
{
        if (!cta)
                return;
        for (uint32_t i = 0; cta->warps && i < cta->warp_count; i++)
                if (cta->warps[i]) {
                        free(cta->warps[i]->reg);
                        free(cta->warps[i]);
                }
        free(cta->warps);
        free(cta->shared);
        free(cta->local);
        free(cta);
}

/* The thread indices of a warp's lanes: the same in every CTA. */
static void number_threads(struct warp *warp, const uint32_t block[3])
{
        for (unsigned lane = 0; lane < LANES; lane++) {
                uint32_t thread = warp->index * LANES + lane;

                warp->tid[0].lane[lane] = thread % block[0];
                warp->tid[1].lane[lane] = thread / block[0] % block[1];
                warp->tid[2].lane[lane] = thread / block[0] / block[1];
        }
}

static struct warp *make_warp(struct cta *cta, uint32_t index)
{
        const struct launch *launch = cta->launch;
        struct warp *warp = sm_allocate(sizeof *warp);

        if (!warp)
                return NULL;
        warp->reg = sm_allocate(sizeof(struct vreg) * (SM_R0 + launch->register_count));
        if (!warp->reg) {
                free(warp);
                return NULL;
        }
        warp->cta = cta;
        warp->launch = launch;
        warp->worker = cta->worker;
        warp->shared = cta->shared;
        warp->local = cta->local + (size_t)index * LANES * launch->parameters.local_bytes;
        warp->index = index;
        number_threads(warp, launch->parameters.block);
        return warp;
}

static struct cta *make_cta(struct worker *worker)
{
        struct launch *launch = worker->launch;
        struct cta *cta = sm_allocate(sizeof *cta);
        uint64_t local_bytes = (uint64_t)launch->parameters.local_bytes * LANES * launch->warps_per_cta;

        if (!cta)
                return NULL;
        cta->launch = launch;
        cta->worker = worker;
        cta->warp_count = launch->warps_per_cta;
        cta->shared = sm_allocate(launch->parameters.shared_bytes + SHARED_PADDING_BYTES);
        cta->local = calloc(1, local_bytes + SHARED_PADDING_BYTES); /* large and mostly unused: pages come when touched */
        cta->warps = sm_allocate(sizeof(struct warp *) * cta->warp_count);
        if (!cta->shared || !cta->local || !cta->warps) {
                free_cta(cta);
                return NULL;
        }
        for (uint32_t i = 0; i < cta->warp_count; i++)
                if (!(cta->warps[i] = make_warp(cta, i))) {
                        free_cta(cta);
                        return NULL;
                }
        return cta;
}

static void begin_warp(struct warp *warp)
{
        const struct launch *launch = warp->launch;
        uint32_t threads_left = launch->threads_per_cta - warp->index * LANES;

        memset(warp->pred, 0, sizeof warp->pred);
        warp->pred[SM_PT] = warp->pred[SM_UPT] = ALL_LANES;
        warp->alive = threads_left >= LANES ? ALL_LANES : ((lane_mask)1 << threads_left) - 1;
        warp->active = warp->alive;
        warp->pc = launch->parameters.entry_va;
        warp->waiting = 0;
        warp->instructions = 0;
        warp->polls = 0;
        warp->yields = 0;
        warp->finished = false;
        warp->exited = false;
        memset(warp->at_barrier, 0, sizeof warp->at_barrier);
        memset(warp->blocked_at, 0, sizeof warp->blocked_at);
        memset(warp->at_convergence, 0, sizeof warp->at_convergence);
}

static void begin_cta(struct cta *cta, uint64_t linear_id)
{
        const struct sm_launch *parameters = &cta->launch->parameters;
        const uint32_t *grid = parameters->grid;
        const uint32_t *cluster = parameters->cluster;

        cta->linear_id = (uint32_t)linear_id;
        cta->id[0] = (uint32_t)(linear_id % grid[0]);
        cta->id[1] = (uint32_t)(linear_id / grid[0] % grid[1]);
        cta->id[2] = (uint32_t)(linear_id / grid[0] / grid[1]);
        cta->cluster_rank = cta->id[0] % cluster[0]
                            + cluster[0] * (cta->id[1] % cluster[1] + cluster[1] * (cta->id[2] % cluster[2]));
        cta->sm = (uint32_t)(linear_id % parameters->sm_count);
        cta->live_warps = cta->warp_count;
        cta->barriers_in_use = 0;
        cta->cluster_phase = 0;
        cta->polls = 0;
        cta->short_rounds = 0;
        memset(cta->barrier, 0, sizeof cta->barrier);
        for (uint32_t i = 0; i < cta->warp_count; i++)
                begin_warp(cta->warps[i]);
}

/* Take the next CTA of the grid, if there is one and the SMs have room. Without memory the launch ends. */
static bool admit(struct worker *worker)
{
        struct launch *launch = worker->launch;
        uint64_t resident = __atomic_add_fetch(&launch->resident, 1, __ATOMIC_RELAXED);
        uint64_t id;
        struct cta *cta;

        if ((worker->resident && resident > launch->resident_limit)
            || (id = __atomic_fetch_add(&launch->next_cta, 1, __ATOMIC_RELAXED)) >= launch->cta_count) {
                __atomic_sub_fetch(&launch->resident, 1, __ATOMIC_RELAXED);
                return false;
        }
        cta = worker->idle;
        if (cta)
                worker->idle = cta->next;
        else if (!(cta = make_cta(worker))) {
                sm_stop(launch, SM_NO_MEMORY);
                return false;
        }
        begin_cta(cta, id);
        if (worker->resident) {
                cta->next = worker->resident->next;
                worker->resident->next = cta;
        } else {
                cta->next = cta;
        }
        worker->resident = cta;
        if (resident > __atomic_load_n(&launch->most_resident, __ATOMIC_RELAXED))
                __atomic_store_n(&launch->most_resident, resident, __ATOMIC_RELAXED);
        return true;
}

/* The CTA that runs now has ended. */
static void retire(struct worker *worker)
{
        struct cta *ended = worker->resident;
        struct cta *before = ended;

        while (before->next != ended)
                before = before->next;
        before->next = ended->next;
        worker->resident = before == ended ? NULL : ended->next;
        ended->next = worker->idle;
        worker->idle = ended;
        __atomic_sub_fetch(&worker->launch->resident, 1, __ATOMIC_RELAXED);
}

enum round { ROUND_ADVANCED, ROUND_SPENT, ROUND_POLLED, ROUND_ENDED, ROUND_STUCK, ROUND_STOPPED };

static enum round stopped_or(struct launch *launch, enum round round)
{
        check_deadline(launch);
        return is_stopped(launch) ? ROUND_STOPPED : round;
}

/*
 * Every warp came to a barrier before its time slice was over. In a loop around barriers that may go on for ever, and what the
 * CTA polls there may be for another CTA to say: now and then such a round counts as one of spent time slices.
 */
static enum round short_round(struct cta *cta)
{
        bool polled = cta->polls >= POLLS_OF_A_WAITER;

        if (++cta->short_rounds % SHORT_ROUNDS)
                return ROUND_ADVANCED;
        cta->polls = 0;
        return stopped_or(cta->launch, polled ? ROUND_POLLED : ROUND_SPENT);
}

/* Give every warp of a CTA a time slice. */
static enum round run_round(struct cta *cta)
{
        struct launch *launch = cta->launch;
        uint64_t before = cta->worker->warp_instructions;
        enum round result = ROUND_ADVANCED;
        uint32_t unfinished = 0;

        for (uint32_t i = 0; i < cta->warp_count; i++)
                unfinished += !cta->warps[i]->finished;
        for (uint32_t i = 0; i < cta->warp_count; i++) {
                struct warp *warp = cta->warps[i];
                uint64_t polls = warp->polls;
                enum sm_outcome outcome;

                if (warp->finished)
                        continue;
                warp->budget = TIME_SLICE;
                outcome = launch->isa->run(warp);
                cta->polls += warp->polls - polls;
                if (outcome == SM_FAULT)
                        return ROUND_STOPPED;
                if (outcome == SM_EXITED) {
                        warp->finished = true;
                        unfinished--;
                } else if (outcome == SM_YIELD) {
                        bool polled = warp->polls - polls >= POLLS_OF_A_WAITER;

                        result = polled || result == ROUND_POLLED ? ROUND_POLLED : ROUND_SPENT;
                        if (stopped_or(launch, result) == ROUND_STOPPED)
                                return ROUND_STOPPED;
                }
        }
        if (!unfinished)
                return ROUND_ENDED;
        if (cta->worker->warp_instructions == before)
                return ROUND_STUCK;
        return result == ROUND_ADVANCED ? short_round(cta) : result;
}

/* Nobody in the CTA can go on and nobody ever will: real hardware would hang. */
static void report_stuck(struct worker *worker)
{
        sm_stop(worker->launch, SM_STUCK);
}

/* Whether it is time to admit another CTA, because those that are resident seem to wait for it. */
static bool wants_another(struct worker *worker, enum round round)
{
        if (round == ROUND_POLLED)
                return true;
        return ++worker->spent_rounds % ROUNDS_BEFORE_ADMISSION == 0;
}

static void end_cta(struct worker *worker)
{
        retire(worker);
        if (++worker->ended_ctas % CTAS_BETWEEN_LOOKS == 0)
                check_deadline(worker->launch);
}

/* Run CTAs until there are none or, if `until_ns` is not 0, until then: false if there may be more. */
static bool run_ctas(struct worker *worker, uint64_t until_ns)
{
        struct launch *launch = worker->launch;

        while ((!*worker->attention || sm_heed(worker)) && !is_stopped(launch) && (worker->resident || admit(worker))) {
                enum round round = run_round(worker->resident);

                if (round == ROUND_ENDED)
                        end_cta(worker);
                else if (round == ROUND_STUCK)
                        report_stuck(worker);
                else if ((round == ROUND_POLLED || round == ROUND_SPENT)
                         && !(wants_another(worker, round) && admit(worker)))
                        worker->resident = worker->resident->next;
                if (until_ns && sm_now_ns() > until_ns)
                        return false;
        }
        return true;
}

/* Take the next of the CTAs that stand on the SMs when a launch begins: false if there is none. */
static bool take_of_first_wave(struct launch *launch, uint64_t *id)
{
        uint64_t wave = launch->parameters.sm_count;

        *id = __atomic_fetch_add(&launch->next_cta, 1, __ATOMIC_RELAXED);
        return *id < wave && *id < launch->cta_count;
}

/*
 * A CTA has erred. On other SMs others run at that time, and they may err as well: they are given a moment to do so. (How long
 * real SMs have is not known: until somebody has stopped them.)
 */
static void let_others_err(struct worker *worker)
{
        uint64_t until_ns = sm_now_ns() + AFTER_FAULT_NS;
        struct cta *cta = worker->idle;
        uint64_t id;

        if (cta)
                worker->idle = cta->next;
        else
                cta = make_cta(worker);
        while (cta && sm_now_ns() < until_ns && take_of_first_wave(worker->launch, &id)) {
                begin_cta(cta, id);
                for (uint32_t i = 0; i < cta->warp_count && !worker->abandoned; i++) {
                        cta->warps[i]->budget = AFTER_FAULT_SLICE;
                        if (worker->launch->isa->run(cta->warps[i]) == SM_FAULT)
                                break;
                }
        }
        if (cta) {
                cta->next = worker->idle;
                worker->idle = cta;
        }
}

static bool has_faulted(const struct launch *launch)
{
        return __atomic_load_n(&launch->stopped, __ATOMIC_RELAXED) == SM_FAULTED && launch->next_cta;
}

/* The same in the arithmetic that the handlers want: to nearest, denormals kept, whatever else the thread does. */
static bool work(struct worker *worker, uint64_t until_ns)
{
        fenv_t before;
        bool done;

        if (!sm_go_on(worker))
                return true;
        fegetenv(&before);
        fesetenv(FE_DFL_ENV);
        done = run_ctas(worker, until_ns);
        if (has_faulted(worker->launch) && !worker->abandoned)
                let_others_err(worker);
        fesetenv(&before);
        sm_rest(worker);
        return done;
}

static void free_worker(struct worker *worker)
{
        if (!worker)
                return;
        while (worker->resident)
                retire(worker);
        while (worker->idle) {
                struct cta *cta = worker->idle;

                worker->idle = cta->next;
                free_cta(cta);
        }
        if (worker->launch->parameters.port.extents)
                sm_extents_leave(worker->launch->parameters.port.extents, worker);
        free(worker);
}

/* The instruction set. */

static const struct sm_isa *isa_named(uint32_t isa)
{
#if defined(__x86_64__)
        bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
        bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                          && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
                          && __builtin_cpu_supports("avx512vl");

#ifdef SM_WITH_AVX512
        if (has_avx512 && (isa == SM_ISA_BEST || isa == SM_ISA_AVX512))
                return &sm_isa_avx512;
#endif
#ifdef SM_WITH_AVX2
        if (has_avx2 && (isa == SM_ISA_BEST || isa == SM_ISA_AVX2))
                return &sm_isa_avx2;
#endif
        (void)has_avx512;
#endif
#ifdef SM_WITH_GENERIC
        if (isa == SM_ISA_BEST || isa == SM_ISA_GENERIC)
                return &sm_isa_generic;
#endif
        return NULL;
}

const char *sm_isa_name(uint32_t isa)
{
        const struct sm_isa *found = isa_named(isa);

        return found ? found->name : NULL;
}

/* Launches. */

/* Copy memory through the port; false if part of it is refused, which is a fault of the launch as a whole. */
static bool copy_from_memory(struct worker *worker, uint64_t gpu_va, uint8_t *data, uint32_t size_bytes)
{
        for (uint32_t done = 0; done < size_bytes;) {
                uint64_t at = gpu_va + done;
                uint32_t left = size_bytes - done;
                uint32_t bytes = SPARSE_BYTES - (uint32_t)(at % SPARSE_BYTES);
                const uint8_t *host;

                if (bytes > left)
                        bytes = left;
                host = sm_translate(worker, at, bytes, SM_ACCESS_READ);
                if (!host) {
                        struct sm_fault fault = {
                                .kind = SM_FAULT_MMU,
                                .address = at,
                                .access = SM_ACCESS_READ,
                                .pc = worker->launch->parameters.entry_va,
                        };

                        if (!worker->abandoned)
                                keep_fault(worker->launch, &fault);
                        return false;
                }
                memcpy(data + done, host, bytes);
                done += bytes;
        }
        return true;
}

/* What a bank holds that a launch does not have: an H100 read zeros. */
static const uint8_t no_bank[CONSTANT_BANK_BYTES];

/* Copy a constant bank, as the constant caches would hold it; false without memory of the host. */
static bool load_bank(struct worker *worker, unsigned number)
{
        struct launch *launch = worker->launch;
        const struct sm_constant_range *range = &launch->parameters.constant_banks[number];
        uint8_t *data;

        launch->bank[number] = (struct constant_bank){.data = no_bank, .size_bytes = sizeof no_bank};
        if (!range->size_bytes)
                return true;
        data = sm_allocate(range->size_bytes);
        if (!data)
                return false;
        launch->bank[number] = (struct constant_bank){.data = data, .size_bytes = range->size_bytes};
        copy_from_memory(worker, range->gpu_va, data, range->size_bytes);
        return true;
}

static bool load_banks(struct worker *worker)
{
        bool loaded = true;

        if (!sm_go_on(worker))
                return true;
        for (unsigned i = 0; loaded && i < SM_CONSTANT_BANKS && !is_stopped(worker->launch); i++)
                loaded = load_bank(worker, i);
        sm_rest(worker);
        return loaded;
}

static void free_banks(struct launch *launch)
{
        for (unsigned i = 0; i < SM_CONSTANT_BANKS; i++)
                if (launch->bank[i].data != no_bank)
                        free((void *)launch->bank[i].data);
}

static struct worker *make_worker(struct launch *launch)
{
        struct worker *worker = sm_allocate(sizeof *worker);

        if (worker) {
                worker->launch = launch;
                worker->generation = launch->parameters.port.generation;
                worker->attention = sm_control_attention(launch->parameters.control);
        }
        return worker;
}

/* What the workers of a launch counted. */
static void count_work(struct sm_report *report, const struct worker *worker)
{
        report->warp_instructions += worker->warp_instructions;
        report->thread_instructions += worker->thread_instructions;
}

/*
 * Helpers: threads of the process that wait for launches to help with. A launch that ends waits for those that have begun to
 * help, and for no thread that the host has not run yet.
 */
struct offer {
        struct launch *launch;
        struct sm_report *report;
        uint32_t wanted; /* helpers */
        uint32_t inside; /* that have begun */
        struct offer *next;
};

static struct {
        pthread_mutex_t lock;
        pthread_cond_t offered;
        pthread_cond_t left;
        struct offer *offers;
        uint32_t threads;
        uint32_t busy; /* of them: a launch that is paused keeps its helpers */
        pid_t process; /* whose threads they are: a forked child has none of them */
} helpers = {.lock = PTHREAD_MUTEX_INITIALIZER, .offered = PTHREAD_COND_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static struct offer *wanted_offer(void)
{
        struct offer *offer = helpers.offers;

        while (offer && !offer->wanted)
                offer = offer->next;
        return offer;
}

/* Help with one launch; the lock is held before and after. */
static void help(struct offer *offer)
{
        struct worker *worker;

        offer->wanted--;
        offer->inside++;
        helpers.busy++;
        pthread_mutex_unlock(&helpers.lock);
        worker = make_worker(offer->launch);
        if (worker)
                work(worker, 0);
        pthread_mutex_lock(&helpers.lock);
        if (worker)
                count_work(offer->report, worker);
        free_worker(worker);
        offer->inside--;
        helpers.busy--;
        pthread_cond_broadcast(&helpers.left);
}

static void *help_for_ever(void *unused)
{
        (void)unused;
        pthread_mutex_lock(&helpers.lock);
        while (true) {
                struct offer *offer = wanted_offer();

                if (offer)
                        help(offer);
                else
                        pthread_cond_wait(&helpers.offered, &helpers.lock);
        }
        return NULL;
}

/* See to it that `count` helpers are free, if they can be had; the lock is held. Signals are left to others. */
static void have_helpers(uint32_t count)
{
        sigset_t all, before;

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        while (helpers.threads < MOST_HELPERS && helpers.threads - helpers.busy < count) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, help_for_ever, NULL))
                        break;
                pthread_detach(thread);
                helpers.threads++;
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* In a forked child the helpers are gone, and what they held is not to be trusted. */
static void renew_helpers_of_a_child(void)
{
        if (helpers.process == getpid())
                return;
        pthread_mutex_init(&helpers.lock, NULL);
        pthread_cond_init(&helpers.offered, NULL);
        pthread_cond_init(&helpers.left, NULL);
        helpers.offers = NULL;
        helpers.threads = 0;
        helpers.busy = 0;
        helpers.process = getpid();
}

static void work_with_helpers(struct worker *first, uint32_t count, struct sm_report *report)
{
        struct offer offer = {.launch = first->launch, .report = report, .wanted = count};
        struct offer **place;

        pthread_mutex_lock(&helpers.lock);
        have_helpers(count);
        offer.next = helpers.offers;
        helpers.offers = &offer;
        pthread_cond_broadcast(&helpers.offered);
        pthread_mutex_unlock(&helpers.lock);

        work(first, 0);

        pthread_mutex_lock(&helpers.lock);
        for (place = &helpers.offers; *place != &offer; place = &(*place)->next)
                ;
        *place = offer.next;
        while (offer.inside)
                pthread_cond_wait(&helpers.left, &helpers.lock);
        pthread_mutex_unlock(&helpers.lock);
}

/*
 * Run with `count` workers: the caller is the first. The others are asked when it has worked for a while, since a short
 * launch is over before a thread has begun.
 */
static void run_workers(struct worker *first, uint32_t count, struct sm_report *report)
{
        static pthread_mutex_t forked = PTHREAD_MUTEX_INITIALIZER;

        if (count <= 1) {
                work(first, 0);
        } else if (!work(first, sm_now_ns() + ALONE_NS)) {
                pthread_mutex_lock(&forked);
                renew_helpers_of_a_child();
                pthread_mutex_unlock(&forked);
                work_with_helpers(first, count - 1, report);
        }
        count_work(report, first);
}

/* What a CTA takes beyond its shared and local memory: mostly registers. */
static uint64_t cta_bytes(const struct launch *launch)
{
        uint64_t registers = sizeof(struct vreg) * (SM_R0 + launch->register_count);

        return sizeof(struct cta) + launch->warps_per_cta * (sizeof(struct warp) + sizeof(struct warp *) + registers);
}

static uint32_t volume(const uint32_t size[3])
{
        return size[0] * size[1] * size[2];
}

static bool is_sensible(const struct sm_launch *parameters)
{
        static const uint32_t MOST_THREADS = 1024;
        static const uint32_t MOST_REGISTERS = 255;
        static const uint32_t MOST_SHARED_BYTES = 1 << 24;
        static const uint32_t MOST_LOCAL_BYTES = 512 << 10; /* of a thread, on every architecture */
        uint64_t threads = (uint64_t)parameters->block[0] * parameters->block[1] * parameters->block[2];

        for (unsigned i = 0; i < SM_CONSTANT_BANKS; i++)
                if (parameters->constant_banks[i].size_bytes > CONSTANT_BANK_BYTES)
                        return false;
        return threads && threads <= MOST_THREADS && parameters->block[0] <= MOST_THREADS
               && parameters->block[1] <= MOST_THREADS && volume(parameters->cluster)
               && parameters->register_count <= MOST_REGISTERS && parameters->shared_bytes <= MOST_SHARED_BYTES
               && parameters->local_bytes <= MOST_LOCAL_BYTES && parameters->local_bytes % 16 == 0
               && parameters->barrier_count <= SM_NAMED_BARRIERS
               && parameters->sm_count && parameters->ctas_per_sm && parameters->port.translate && parameters->port.generation;
}

static bool prepare(struct launch *launch, const struct sm_launch *parameters)
{
        static const unsigned FIRST_WITH_255_UNIFORM_REGISTERS = 100;

        launch->parameters = *parameters;
        launch->isa = isa_named(parameters->isa);
        launch->arch = parameters->arch;
        launch->uniform_zero = parameters->arch >= FIRST_WITH_255_UNIFORM_REGISTERS ? 255 : 63;
        launch->register_count = parameters->register_count;
        launch->threads_per_cta = volume(parameters->block);
        launch->warps_per_cta = (launch->threads_per_cta + LANES - 1) / LANES;
        launch->cta_count = (uint64_t)parameters->grid[0] * parameters->grid[1] * parameters->grid[2];
        launch->resident_limit = (uint64_t)parameters->sm_count * parameters->ctas_per_sm;
        launch->began_ns = sm_now_ns();
        if (parameters->timeout_ns)
                launch->deadline_ns = launch->began_ns + parameters->timeout_ns;
        return launch->isa != NULL;
}

static int run_launch(struct launch *launch, struct sm_report *report)
{
        struct worker *first = make_worker(launch);
        uint64_t workers = launch->parameters.threads ? launch->parameters.threads : 1;

        if (!first)
                return SM_NO_MEMORY;
        if (load_banks(first)) {
                if (workers > launch->cta_count)
                        workers = launch->cta_count;
                run_workers(first, (uint32_t)workers, report);
        } else {
                sm_stop(launch, SM_NO_MEMORY);
        }
        free_worker(first);
        return launch->stopped;
}

static void copy_faults(const struct launch *launch, struct sm_report *report)
{
        report->fault_count = launch->fault_count;
        memcpy(report->faults, launch->faults, launch->fault_count * sizeof launch->faults[0]);
}

/* Run it with a code cache: the caller's, or one of its own. */
static int run_with_code(struct launch *launch, struct sm_report *report)
{
        struct sm_code_cache *given = launch->parameters.code;
        int result = SM_NO_MEMORY;

        launch->cache = given ? given : sm_code_cache_new();
        if (launch->cache)
                result = run_launch(launch, report);
        if (launch->cache)
                sm_release_code(launch);
        if (!given)
                sm_code_cache_free(launch->cache);
        return result;
}

int sm_run(const struct sm_launch *parameters, struct sm_report *report)
{
        struct launch *launch;
        int result;

        memset(report, 0, sizeof *report);
        if (!is_sensible(parameters))
                return SM_BAD_LAUNCH;
        launch = sm_allocate(sizeof *launch);
        if (!launch)
                return SM_NO_MEMORY;
        pthread_mutex_init(&launch->code_lock, NULL);
        pthread_mutex_init(&launch->fault_lock, NULL);
        result = prepare(launch, parameters) ? run_with_code(launch, report) : SM_BAD_LAUNCH;
        copy_faults(launch, report);
        report->ctas = launch->cta_count;
        report->most_resident = launch->most_resident;
        report->cta_bytes = cta_bytes(launch);
        free_banks(launch);
        pthread_mutex_destroy(&launch->code_lock);
        pthread_mutex_destroy(&launch->fault_lock);
        free(launch);
        return result;
}
