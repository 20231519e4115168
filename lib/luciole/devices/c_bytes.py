"""What kernels of 8 bits are made of in C: instructions of the core where the compiler says it has them, else plain C.

Both give the same numbers. ``PRELUDE`` narrows and rounds, ``FOURS`` multiplies four bytes at a time.
"""

CLEAR = """/* A border before and after; volatile, or compilers call memset, which takes more flash. */
KERNEL void clear(volatile uint8_t *x, int size, int apart, uint8_t byte)
{
    for (int i = 0; i < size; i++)
        x[i] = x[i + apart] = byte;
}"""
PRELUDE = """/* The upper half of a product, with something added. */
static inline int32_t high_plus(int32_t a, int32_t b, int32_t more)
{
#if defined(__ARM_FEATURE_DSP)
    int32_t sum;
    __asm__("smmla %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(more));
    return sum;
#else
    return (int32_t)(((int64_t)a * b) >> 32) + more;
#endif
}

/* x / 2^SHIFT, from 0 to 255. */
#if defined(__ARM_FEATURE_SAT)
#define BYTE(x, SHIFT) __extension__({ \
    int32_t byte_; \
    __asm__("usat %0, #8, %1, asr %2" : "=r"(byte_) : "r"(x), "I"(SHIFT)); \
    byte_; })
#else
static inline int32_t clamp(int32_t x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}
#define BYTE(x, SHIFT) clamp((x) >> (SHIFT))
#endif

/* A number, half added, as a byte; what is no number gives 0. */
static inline uint8_t byte_of(float x)
{
#if defined(__ARM_FEATURE_SAT) && defined(__ARM_FP)
    float whole; /* bits of an integer: the instruction saturates */
    int32_t bits;
    __asm__("vcvt.s32.f32 %0, %1" : "=t"(whole) : "t"(x));
    memcpy(&bits, &whole, 4);
    return (uint8_t)BYTE(bits, 0);
#else
    return x > 0.0f ? (x < 255.0f ? (uint8_t)x : 255) : 0;
#endif
}"""
FOURS = """/* Four bytes; four weights, spread or as bytes; a sum with their products. */
#if defined(__ARM_FEATURE_SIMD32)
typedef struct { uint32_t even, odd; } four;
typedef uint64_t weights;

static inline four load(const uint8_t *x)
{
    four both;
    __asm__ volatile("ldr %1, %2; uxtb16 %0, %1; uxtb16 %1, %1, ror #8"
                     : "=&r"(both.even), "=&r"(both.odd) : "m"(*(const uint32_t *)(const void *)x));
    return both;
}

#define NEXT(q, x, STEP) \
    __asm__ volatile("ldr %1, [%2], %3; uxtb16 %0, %1; uxtb16 %1, %1, ror #8" \
                     : "=&r"((q).even), "=&r"((q).odd), "+r"(x) : "I"(STEP))

static inline weights spread(const int8_t *w)
{
    uint32_t word, even, odd;
    memcpy(&word, w, 4);
    __asm__ volatile("sxtb16 %0, %1" : "=r"(even) : "r"(word));
    __asm__ volatile("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
    return (uint64_t)odd << 32 | even;
}

static inline int32_t add_held(int32_t sum, four x, weights w)
{
    int32_t more;
    __asm__ volatile("smlad %0, %1, %2, %3" : "=r"(more) : "r"(x.even), "r"((uint32_t)w), "r"(sum));
    __asm__ volatile("smlad %0, %1, %2, %0" : "+r"(more) : "r"(x.odd), "r"((uint32_t)(w >> 32)));
    return more;
}

static inline int32_t add(int32_t sum, four x, const weights *w)
{
    uint32_t even, odd;
    __asm__ volatile("ldrd %1, %2, %5; smlad %0, %3, %1, %0; smlad %0, %4, %2, %0"
            : "+r"(sum), "=&r"(even), "=&r"(odd) : "r"(x.even), "r"(x.odd), "m"(*w));
    return sum;
}

static inline void add_rows(int32_t sum[4], const uint8_t *x, const int8_t *w, int fours)
{
    uint32_t even, odd, one, two, half;
    __asm__ volatile(
        "1: ldr %7, [%4], #4; ldrd %8, %9, [%5], #8; uxtb16 %6, %7; uxtb16 %7, %7, ror #8; "
        "sxtb16 %10, %8; sxtb16 %8, %8, ror #8; smlad %0, %6, %10, %0; smlad %0, %7, %8, %0; "
        "sxtb16 %10, %9; sxtb16 %9, %9, ror #8; smlad %1, %6, %10, %1; smlad %1, %7, %9, %1; "
        "ldrd %8, %9, [%5], #8; "
        "sxtb16 %10, %8; sxtb16 %8, %8, ror #8; smlad %2, %6, %10, %2; smlad %2, %7, %8, %2; "
        "sxtb16 %10, %9; sxtb16 %9, %9, ror #8; smlad %3, %6, %10, %3; smlad %3, %7, %9, %3; "
        "subs %11, %11, #1; bne 1b"
        : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3]), "+r"(x), "+r"(w),
          "=&r"(even), "=&r"(odd), "=&r"(one), "=&r"(two), "=&r"(half), "+r"(fours) : : "cc");
}
#else
typedef struct { int32_t a, b, c, d; } four;
typedef struct { int8_t a, b, c, d; } weights;

static inline four load(const uint8_t *x)
{
    const four all = {x[0], x[1], x[2], x[3]};
    return all;
}

#define NEXT(q, x, STEP) ((q) = load(x), (x) += (STEP))

static inline weights spread(const int8_t *w)
{
    const weights all = {w[0], w[1], w[2], w[3]};
    return all;
}

static inline int32_t add_held(int32_t sum, four x, weights w)
{
    return sum + x.a * w.a + x.b * w.b + x.c * w.c + x.d * w.d;
}

static inline int32_t add(int32_t sum, four x, const weights *w)
{
    return sum + x.a * w->a + x.b * w->b + x.c * w->c + x.d * w->d;
}

static inline void add_rows(int32_t sum[4], const uint8_t *x, const int8_t *w, int fours)
{
    for (; fours > 0; fours--, x += 4)
        for (int row = 0; row < 4; row++, w += 4)
            sum[row] = add_held(sum[row], load(x), spread(w));
}
#endif"""
PAIRS = """/* Two weights in a word, and a sum with the product of one of them. */
static inline int32_t pair(int32_t low, int32_t high)
{
    return (int32_t)((uint32_t)high << 16 | (uint16_t)low);
}

static inline int32_t add_low(int32_t sum, int32_t x, int32_t both)
{
#if defined(__ARM_FEATURE_DSP)
    int32_t more;
    __asm__ volatile("smlabb %0, %1, %2, %3" : "=r"(more) : "r"(x), "r"(both), "r"(sum));
    return more;
#else
    return sum + x * (int16_t)both;
#endif
}

static inline int32_t add_high(int32_t sum, int32_t x, int32_t both)
{
#if defined(__ARM_FEATURE_DSP)
    int32_t more;
    __asm__ volatile("smlabt %0, %1, %2, %3" : "=r"(more) : "r"(x), "r"(both), "r"(sum));
    return more;
#else
    return sum + x * (both >> 16);
#endif
}"""
