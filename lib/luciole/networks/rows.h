// Arithmetic on rows of features: the inner loops of luciole/networks/layers.h.
//
// A row is one channel, the batch innermost: element l * batch + b. Before, between and behind the rows are margins of
// zeros, at least a batch wide: a neighbour in time is a batch away and there always is one, so that no loop has a case
// for the ends. Rows are computed in whole vectors, and `fence` wipes what is beyond the end of a row before anything
// reads it. Vectors are those of GCC (from 12) and Clang.

#pragma once

#include <type_traits>
#include <utility>

namespace rows {

#if defined(__AVX512F__)
constexpr int BYTES = 64, ROWS = 8, SIDE = 4;  // of a vector; outputs of `mix` and of `products` computed at a time
#elif defined(__AVX__)
constexpr int BYTES = 32, ROWS = 4, SIDE = 2;
#else
constexpr int BYTES = 16, ROWS = 4, SIDE = 2;
#endif

template <class T> struct Vectors {
    typedef T value __attribute__((vector_size(BYTES)));
    typedef T anywhere __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
};
template <class T> using V = typename Vectors<T>::value;
template <class T> constexpr int W = BYTES / sizeof(T);

template <class T> inline V<T> load(const T* p) { return *reinterpret_cast<const typename Vectors<T>::anywhere*>(p); }
template <class T> inline void store(T* p, V<T> v) { *reinterpret_cast<typename Vectors<T>::anywhere*>(p) = v; }
template <class T> inline V<T> positive(V<T> of, V<T> v) { return of > 0 ? v : V<T>{}; }
template <class T> inline V<T> rectified(V<T> v) { return v < 0 ? V<T>{} : v; }  // NaN stays NaN

template <int SIZE, class F> inline void tiles(int from, int to, F f) {  // of SIZE, what is left in ever smaller ones
    for (; from + SIZE <= to; from += SIZE) f(from, std::integral_constant<int, SIZE>{});
    if constexpr (SIZE > 1) tiles<SIZE / 2>(from, to, f);
}

template <class T> struct Shape {
    int channels, length, batch;
    int count, vectors;  // elements of a row, and vectors that hold them
    long margin, stride, size;

    Shape(int channels, int length, int batch) : channels(channels), length(length), batch(batch) {
        count = length * batch;
        vectors = (count + W<T> - 1) / W<T>;
        margin = (batch + W<T> - 1) / W<T> * W<T>;
        stride = vectors * W<T> + margin;
        size = margin + channels * stride;
    }
};

// Zeros around the rows and from the end of each to the next.
template <class T> void fence(T* rows, const Shape<T>& s) {
    for (long n = -s.margin; n < 0; n += W<T>) store(rows + n, V<T>{});
    const long whole = long(s.count) / W<T> * W<T>;
    for (int c = 0; c < s.channels; ++c, rows += s.stride) {
        long n = whole;
        if (s.count > whole) {
            for (long i = s.count; i < whole + W<T>; ++i) rows[i] = 0;
            n += W<T>;
        }
        for (; n < s.stride; n += W<T>) store(rows + n, V<T>{});
    }
}

// One pass over rows of one shape: to[c, v] = f(c, offset), or added to what is there.
template <class T, class F> void pass(T* to, const Shape<T>& s, bool add, F f) {
    for (int c = 0; c < s.channels; ++c) {
        long end = c * s.stride + s.vectors * W<T>;
        auto value = f(c);
        if (add)
            for (long n = c * s.stride; n < end; n += W<T>) store(to + n, load(to + n) + value(n));
        else
            for (long n = c * s.stride; n < end; n += W<T>) store(to + n, value(n));
    }
}

// Sums over the lanes of many vectors at once: lane i of the last one standing is the sum of vector i.
template <int S, class T, int... I> inline V<T> fold(V<T> a, V<T> b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I & S ? W<T> + I - S : I)...) +
           __builtin_shufflevector(a, b, (I & S ? W<T> + I : I + S)...);
}
template <int S, class T> inline void reduce(V<T>* v) {
    for (int i = 0; i < S; ++i) v[i] = fold<S, T>(v[i], v[i + S], std::make_integer_sequence<int, W<T>>{});
    if constexpr (S > 1) reduce<S / 2, T>(v);
}
template <class T> void totals(const V<T>* sums, int count, T* out) {
    for (int at = 0; at < count; at += W<T>) {
        V<T> v[W<T>];
        for (int i = 0; i < W<T>; ++i) v[i] = at + i < count ? sums[at + i] : V<T>{};
        reduce<W<T> / 2, T>(v);
        for (int i = 0; i < W<T> && at + i < count; ++i) out[at + i] = v[0][i];
    }
}

// Channels of x mixed, over `TAPS` neighbours `step` apart; put(output, offset, vector) takes each result once.
template <int TAPS, class T, class Put>
void mix(const T* x, const Shape<T>& s, int outputs, long step, const T* w, long by_output, long by_input, long by_tap,
         Put put) {
    tiles<2>(0, s.vectors, [&](int v, auto wide) {
        tiles<ROWS>(0, outputs, [&](int d, auto high) {
            constexpr int N = decltype(wide)::value, R = decltype(high)::value;
            V<T> sum[R][N] = {};
            const T* from = x + v * W<T>;
            const T* weight = w + d * by_output;
            for (int c = 0; c < s.channels; ++c, from += s.stride, weight += by_input) {
#pragma GCC unroll 3
                for (int t = 0; t < TAPS; ++t) {
                    V<T> value[N];
#pragma GCC unroll 2
                    for (int n = 0; n < N; ++n) value[n] = load(from + (t - TAPS / 2) * step + n * W<T>);
#pragma GCC unroll 8
                    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
                        for (int n = 0; n < N; ++n) sum[r][n] += weight[t * by_tap + r * by_output] * value[n];
                }
            }
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
                for (int n = 0; n < N; ++n) put(d + r, (v + n) * W<T>, sum[r][n]);
        });
    });
}

// The gradient by the weights: products of the rows g (outputs) and x (inputs), over neighbours; out is [tap][g][x].
template <int TAPS, class T>
void products(const T* g, const Shape<T>& gs, const T* x, const Shape<T>& xs, T* out, long by_tap, V<T>* sums) {
    const int inputs = xs.channels;
    tiles<SIDE>(0, gs.channels, [&](int d, auto high) {
        constexpr int R = decltype(high)::value;
        tiles<TAPS == 3 ? 2 : 4>(0, inputs, [&](int c, auto wide) {
            constexpr int C = decltype(wide)::value;
            V<T> sum[TAPS][R][C] = {};
            const T *grad = g + d * gs.stride, *value = x + c * xs.stride;
            for (int v = 0; v < gs.vectors; ++v, grad += W<T>, value += W<T>) {
                V<T> row[R];
#pragma GCC unroll 4
                for (int r = 0; r < R; ++r) row[r] = load(grad + r * gs.stride);
#pragma GCC unroll 4
                for (int i = 0; i < C; ++i)
#pragma GCC unroll 3
                    for (int t = 0; t < TAPS; ++t) {
                        V<T> other = load(value + i * xs.stride + (t - TAPS / 2) * xs.batch);
#pragma GCC unroll 4
                        for (int r = 0; r < R; ++r) sum[t][r][i] += row[r] * other;
                    }
            }
#pragma GCC unroll 3
            for (int t = 0; t < TAPS; ++t)
#pragma GCC unroll 4
                for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
                    for (int i = 0; i < C; ++i) sums[(t * R + r) * inputs + c + i] = sum[t][r][i];
        });
        for (int t = 0; t < TAPS; ++t) totals<T>(sums + t * R * inputs, R * inputs, out + t * by_tap + d * inputs);
    });
}

// For each channel the sum of a, and that of a * (b - centre).
template <class T> void moments(const T* a, const T* b, const T* centre, const Shape<T>& s, T* first, T* second, V<T>* sums) {
    V<T>* other = sums + s.channels;
    tiles<4>(0, s.channels, [&](int c, auto high) {
        constexpr int R = decltype(high)::value;
        V<T> one[R] = {}, two[R] = {};
        for (int v = 0; v < s.vectors; ++v)
#pragma GCC unroll 4
            for (int r = 0; r < R; ++r) {
                V<T> value = load(a + (c + r) * s.stride + v * W<T>);
                one[r] += value;
                two[r] += value * (load(b + (c + r) * s.stride + v * W<T>) - centre[c + r]);
            }
        for (int r = 0; r < R; ++r) sums[c + r] = one[r], other[c + r] = two[r];
    });
    totals<T>(sums, s.channels, first);
    totals<T>(other, s.channels, second);
}

}  // namespace rows
