/*
 * Between the lanes of a warp: shuffles, votes, matches, reductions. Included by isa.h only.
 *
 * Only active lanes take part. Facts: PTX ISA, "Parallel synchronization and communication instructions" (shfl.sync,
 * vote.sync, match.sync, redux.sync, elect.sync), which say for each mode which lane is read and when it is out of range.
 */

#include "address.h"

enum shuffle_mode { SHUFFLE_INDEX, SHUFFLE_UP, SHUFFLE_DOWN, SHUFFLE_BUTTERFLY };

enum { LAST_LANE = LANES - 1, SHUFFLE_SEGMENT_SHIFT = 8 };

/*
 * For each lane, the lane that it reads (its own where that is out of range); returns which lanes are in range. `control`
 * holds the last lane of a segment in bits 0-4 and, in bits 8-12, the lane bits that every segment keeps.
 */
static lane_mask shuffle_sources(enum shuffle_mode mode, const struct vreg *distance, const struct vreg *control,
                                 struct vreg *from)
{
        struct vreg in_range;

        for_each_lane(lane) {
                uint32_t step = distance->lane[lane] & LAST_LANE;
                uint32_t segment = control->lane[lane] >> SHUFFLE_SEGMENT_SHIFT & LAST_LANE;
                uint32_t first = lane & segment;
                uint32_t last = first | (control->lane[lane] & ~segment & LAST_LANE);
                int32_t wanted;
                bool good;

                switch (mode) {
                case SHUFFLE_UP:
                        wanted = (int32_t)(lane - step);
                        good = wanted >= (int32_t)last;
                        break;
                case SHUFFLE_DOWN:
                        wanted = (int32_t)(lane + step);
                        good = wanted <= (int32_t)last;
                        break;
                case SHUFFLE_BUTTERFLY:
                        wanted = (int32_t)(lane ^ step);
                        good = wanted <= (int32_t)last;
                        break;
                default:
                        wanted = (int32_t)(first | (step & ~segment));
                        good = wanted <= (int32_t)last;
                        break;
                }
                in_range.lane[lane] = good;
                from->lane[lane] = good ? (uint32_t)wanted : lane;
        }
        return lanes_not_zero(&in_range);
}

/* result[l] = value[from[l]]. */
INLINE void permute_lanes(struct vreg *result, const struct vreg *value, const struct vreg *from)
{
#if defined(__AVX512F__)
        __m512i low = _mm512_load_si512(value->lane);
        __m512i high = _mm512_load_si512(value->lane + 16);

        for (unsigned half = 0; half < LANES; half += 16)
                _mm512_store_si512(result->lane + half,
                                   _mm512_permutex2var_epi32(low, _mm512_load_si512(from->lane + half), high));
#else
        for_each_lane(lane)
                result->lane[lane] = value->lane[from->lane[lane]];
#endif
}

/* The lanes of `active` of a vector, zero elsewhere. */
INLINE const struct vreg *only_active(const struct vreg *value, lane_mask active, struct vreg *room)
{
        struct vreg keep;

        if (LIKELY(active == ALL_LANES))
                return value;
        lanes_from_mask(&keep, active);
        for_each_lane(lane)
                room->lane[lane] = value->lane[lane] & keep.lane[lane];
        return room;
}

/* SHFL.mode Pd, Rd, Ra, B, C. Lanes that are not active read as zero (recorded on an H100). */
INLINE enum sm_outcome shuffle(struct warp *warp, const struct uop *uop, lane_mask active, enum shuffle_mode mode)
{
        struct vreg distance_room, control_room, value_room, from, result;
        lane_mask in_range = shuffle_sources(mode, source(warp, &uop->b, &distance_room),
                                             source(warp, &uop->c, &control_room), &from);

        permute_lanes(&result, only_active(&warp->reg[uop->a.index], active, &value_room), &from);
        write_register(warp, uop->d, &result, active);
        write_predicate(warp, uop->pd, in_range, active);
        return SM_NEXT;
}

static enum sm_outcome run_shfl_index(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return shuffle(warp, uop, active, SHUFFLE_INDEX);
}

static enum sm_outcome run_shfl_up(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return shuffle(warp, uop, active, SHUFFLE_UP);
}

static enum sm_outcome run_shfl_down(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return shuffle(warp, uop, active, SHUFFLE_DOWN);
}

static enum sm_outcome run_shfl_butterfly(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return shuffle(warp, uop, active, SHUFFLE_BUTTERFLY);
}

static sm_handler *const SHUFFLES[] = {run_shfl_index, run_shfl_up, run_shfl_down, run_shfl_butterfly};

enum { VOTE_ALL, VOTE_ANY, VOTE_EQUAL };

INLINE bool vote(unsigned mode, lane_mask votes, lane_mask active)
{
        switch (mode) {
        case VOTE_ALL:
                return votes == active;
        case VOTE_ANY:
                return votes != 0;
        default:
                return votes == 0 || votes == active;
        }
}

/* VOTE.mode Rd, Pd, Pa: the lanes that vote yes, and what the vote says. */
static enum sm_outcome run_vote(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask votes = predicate(warp, uop->p[0]) & active;
        struct vreg ballot;

        lanes_fill(&ballot, votes);
        write_register(warp, uop->d, &ballot, active);
        write_predicate(warp, uop->pd, vote(uop->option[0], votes, active) ? ALL_LANES : 0, active);
        return SM_NEXT;
}

/* VOTEU: the same into the uniform registers. */
static enum sm_outcome run_voteu(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask votes = predicate(warp, uop->p[0]) & active;

        warp->ureg[uop->d] = votes;
        write_uniform_predicate(warp, uop->pd, vote(uop->option[0], votes, active));
        return SM_NEXT;
}

/* The active lanes whose value is that of `lane`. */
INLINE lane_mask lanes_like(const struct warp *warp, const struct uop *uop, unsigned lane, lane_mask active)
{
        const struct vreg *low = &warp->reg[uop->a.index];
        const struct vreg *high = &warp->reg[uop->a.index + uop->option[0]];
        struct vreg differs;

        for_each_lane(other)
                differs.lane[other] = (low->lane[other] ^ low->lane[lane]) | (high->lane[other] ^ high->lane[lane]);
        return active & ~lanes_not_zero(&differs);
}

/* MATCH.ANY Rd, Ra: for each lane, the lanes that hold the same value. */
static enum sm_outcome run_match_any(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg result;

        for (lane_mask left = active; left;) {
                lane_mask alike = lanes_like(warp, uop, (unsigned)__builtin_ctz(left), active);

                for_each_lane_of(lane, alike)
                        result.lane[lane] = alike;
                left &= ~alike;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* MATCH.ALL Pd, Rd, Ra: all lanes if all hold the same value, or none. */
static enum sm_outcome run_match_all(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool alike = lanes_like(warp, uop, (unsigned)__builtin_ctz(active), active) == active;
        struct vreg result;

        lanes_fill(&result, alike ? active : 0);
        write_register(warp, uop->d, &result, active);
        write_predicate(warp, uop->pd, alike ? ALL_LANES : 0, active);
        return SM_NEXT;
}

enum redux { REDUX_AND, REDUX_OR, REDUX_XOR, REDUX_SUM, REDUX_MIN, REDUX_MAX, REDUX_OPERATIONS };

INLINE uint32_t reduce_two(enum redux operation, bool is_signed, uint32_t a, uint32_t b)
{
        bool a_below = is_signed ? (int32_t)a < (int32_t)b : a < b;

        switch (operation) {
        case REDUX_AND:
                return a & b;
        case REDUX_OR:
                return a | b;
        case REDUX_XOR:
                return a ^ b;
        case REDUX_SUM:
                return a + b;
        case REDUX_MIN:
                return a_below ? a : b;
        default:
                return a_below ? b : a;
        }
}

/* REDUX.op URd, Ra. */
static enum sm_outcome run_redux(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct vreg *value = &warp->reg[uop->a.index];
        unsigned first = (unsigned)__builtin_ctz(active);
        uint32_t result = value->lane[first];

        for_each_lane_of(lane, active & (active - 1))
                result = reduce_two((enum redux)uop->option[0], uop->option[1], result, value->lane[lane]);
        warp->ureg[uop->d] = result;
        return SM_NEXT;
}

/* ELECT Pd, URd, Pa: one of the lanes whose predicate holds, the lowest. */
static enum sm_outcome run_elect(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask candidates = predicate(warp, uop->p[0]) & scalar_source(warp, &uop->a) & active;
        lane_mask chosen = candidates & (0 - candidates);

        warp->ureg[uop->d] = candidates ? (uint32_t)__builtin_ctz(candidates) : 0;
        write_predicate(warp, uop->pd, chosen, active);
        return SM_NEXT;
}

/* Which of SHFL's operands are immediates: bits of its form. */
enum { SHFL_FORM_LANE_IMMEDIATE = 4, SHFL_FORM_BOUNDS_IMMEDIATE = 2 };

static void bind_shfl(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        unsigned form = word_form(word);

        uop->d = bind_destination_register(word, uop, sass_SHFL_Rd(bits), 1);
        uop->pd = bind_destination_predicate(sass_SHFL_Pd(bits));
        uop->a = bind_register_operand(word, uop, sass_SHFL_Ra(bits), 1);
        uop->b = form & SHFL_FORM_LANE_IMMEDIATE ? bind_immediate_operand(sass_SHFL_lane(bits))
                                                 : bind_register_operand(word, uop, sass_SHFL_Rb(bits), 1);
        uop->c = form & SHFL_FORM_BOUNDS_IMMEDIATE ? bind_immediate_operand(sass_SHFL_bounds(bits))
                                                   : bind_register_operand(word, uop, sass_SHFL_Rc(bits), 1);
        uop->run = SHUFFLES[sass_SHFL_mode(bits)];
}

static void bind_vote(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        uop->option[0] = sass_VOTE_mode(bits);
        uop->p[0] = bind_predicate(sass_VOTE_Pa(bits), sass_VOTE_Pa_negate(bits));
        uop->d = bind_destination_register(word, uop, sass_VOTE_Rd(bits), 1);
        uop->pd = bind_destination_predicate(sass_VOTE_Pd(bits));
        uop->run = run_vote;
}

static void bind_voteu(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        uop->option[0] = sass_VOTEU_mode(bits);
        uop->p[0] = bind_predicate(sass_VOTEU_Pa(bits), sass_VOTEU_Pa_negate(bits));
        uop->d = bind_destination_uniform(word, uop, sass_VOTEU_URd(bits), 1);
        uop->pd = bind_destination_uniform_predicate(sass_VOTEU_UPd(bits));
        uop->run = run_voteu;
}

static void bind_match(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        bool pair = sass_MATCH_wide(bits);

        uop->d = bind_destination_register(word, uop, sass_MATCH_Rd(bits), 1);
        uop->a = bind_register_operand(word, uop, sass_MATCH_Ra(bits), pair ? 2 : 1);
        uop->option[0] = pair;
        uop->pd = bind_destination_predicate(sass_MATCH_Pd(bits));
        uop->run = sass_MATCH_any(bits) ? run_match_any : run_match_all;
}

static void bind_redux(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        uop->d = bind_destination_uniform(word, uop, sass_REDUX_URd(bits), 1);
        uop->a = bind_register_operand(word, uop, sass_REDUX_Ra(bits), 1);
        uop->option[0] = sass_REDUX_operation(bits);
        uop->option[1] = sass_REDUX_signed(bits);
        if (uop->option[0] >= REDUX_OPERATIONS)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        uop->run = run_redux;
}

/* With a uniform register the candidates are among the lanes of that mask. */
static void bind_elect(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        bool has_mask = word_bits(bits, ADDRESS_UNIFORM_BIT, 1);

        uop->d = bind_destination_uniform(word, uop, sass_ELECT_URd(bits), 1);
        uop->pd = bind_destination_predicate(sass_ELECT_Pd(bits));
        uop->p[0] = has_mask ? bind_predicate(PT, false) : bind_predicate(sass_ELECT_Pa(bits), sass_ELECT_Pa_negate(bits));
        uop->a = has_mask ? bind_uniform_operand(word, uop, sass_ELECT_URa(bits), 1) : bind_immediate_operand(ALL_LANES);
        uop->run = run_elect;
}

static bool bind_shuffle(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_SHFL:
                bind_shfl(word, uop);
                return true;
        case SASS_VOTE:
                bind_vote(word, uop);
                return true;
        case SASS_VOTEU:
                bind_voteu(word, uop);
                return true;
        case SASS_MATCH:
                bind_match(word, uop);
                return true;
        case SASS_REDUX:
                bind_redux(word, uop);
                return true;
        case SASS_ELECT:
                bind_elect(word, uop);
                return true;
        default:
                return false;
        }
}
