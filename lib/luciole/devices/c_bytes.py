"""What kernels of 8 bits are made of in C: instructions of the core where the compiler says it has them, else plain C.

Both give the same numbers. ``PRELUDE`` narrows and rounds, ``FOURS`` multiplies four bytes at a time.
"""

PRELUDE = """/* The upper half of a product, with something added. */
static inline int32_t high_plus(int32_t a, int32_t b, int32_t more)
{
#if defined(__ARM_FEATURE_DSP)
    __asm__("smmla %0, %1, %2, %0" : "+r"(more) : "r"(a), "r"(b));
    return more;
#else
    return (int32_t)(((int64_t)a * b) >> 32) + more;
#endif
}

/* x / 2^SHIFT, from 0 to 255. */
#if defined(__ARM_FEATURE_SAT)
#define BYTE(x, SHIFT) __extension__({ \
    int32_t x_ = (x); \
    __asm__("usat %0, #8, %0, asr %1" : "+r"(x_) : "I"(SHIFT)); \
    x_; })
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
FOURS = """/* Four bytes, and a sum with their products with four weights. */
#if defined(__ARM_FEATURE_SIMD32)
typedef struct { uint32_t even, odd; } four;

static inline four load(const uint8_t *x)
{
    uint32_t word;
    four both;
    memcpy(&word, x, 4);
    __asm__("uxtb16 %0, %1" : "=r"(both.even) : "r"(word));
    __asm__("uxtb16 %0, %1, ror #8" : "=r"(both.odd) : "r"(word));
    return both;
}

static inline int32_t add(int32_t sum, four x, const int8_t *w)
{
    uint32_t word, even, odd;
    memcpy(&word, w, 4);
    __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(word));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(even), "r"(x.even));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(odd), "r"(x.odd));
    return sum;
}
#else
typedef struct { int32_t a, b, c, d; } four;

static inline four load(const uint8_t *x)
{
    const four all = {x[0], x[1], x[2], x[3]};
    return all;
}

static inline int32_t add(int32_t sum, four x, const int8_t *w)
{
    return sum + x.a * w[0] + x.b * w[1] + x.c * w[2] + x.d * w[3];
}
#endif"""
