// What the cells of luciole/networks/stacked.cpp are made of: convolutions, normalisation, averages, and the way back.
//
// Rows of features are those of rows.h. The batch's statistics are left in the layer for the backward pass.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "rows.h"

struct Job {  // as luciole.networks.fused.Job
    int64_t networks, batch, inputs, length, width, stages, cells, classes;
    int64_t training;                // whether normalisation is by the batch
    int64_t repeated;                // whether the running statistics know this batch already
    int64_t keep;                    // whether a backward pass follows
    const int32_t* operations;       // (networks, 6), edges that lead nowhere being NONE
    const int32_t* places;           // (networks, sites, 2): the group that a layer is in, and its number there; or -1
    const int64_t* members;          // (groups,): layers in each
    void* const* tensors;            // (groups, 5): weight (taps, members, outputs, inputs), scale, shift, running ones
    void* const* gradients;          // (groups, 3): by weight, scale and shift
    const void* x;                   // (batch, inputs, length)
    void* memory;
    void* logits;                    // (networks, batch, classes)
    const void* by_logits;
    void* by_x;                      // (batch, inputs, length), zeros at first; or none
};

namespace layers {

using namespace rows;

constexpr int NONE = 0, SKIP = 1, CONV1 = 2, CONV3 = 3, POOL = 4;  // luciole.spaces.nb201
constexpr double MOMENTUM = 0.1, EPSILON = 1e-5;  // of batch normalisation

template <class T> struct Layer {  // a convolution and the normalisation behind it
    const T *weight, *scale, *shift;
    T *running_mean, *running_variance;
    T *by_weight, *by_scale, *by_shift;
    long tap;           // from the weights of one tap to those of the next
    T *mean, *invstd;   // used in the forward pass
    T *mixed;           // the convolution's output
};

template <class T> struct Layers {
    const Job& job;
    T *back, *shares;  // room for the gradient by a convolution's output; what `share` left
    V<T>* sums;        // room for sums of vectors

    explicit Layers(const Job& job) : job(job), back(nullptr), shares(nullptr), sums(nullptr) {}

    // Normalisation: statistics of the batch, the running ones moved towards them; or the running ones.
    void observe(const T* y, const Shape<T>& s, const Layer<T>& one) {
        T* square = back;
        if (job.training) {
            std::fill_n(square, s.channels, T(0));
            moments(y, y, square, s, one.mean, one.invstd, sums);
        }
        const double count = s.count;
        for (int c = 0; c < s.channels; ++c) {
            T variance;
            if (job.training) {
                one.mean[c] /= T(count);
                variance = std::max(one.invstd[c] / T(count) - one.mean[c] * one.mean[c], T(0));
                const T part = job.repeated ? T(0) : T(MOMENTUM), unbiased = variance * T(count / std::max(count - 1, 1.0));
                one.running_mean[c] += part * (one.mean[c] - one.running_mean[c]);
                one.running_variance[c] += part * (unbiased - one.running_variance[c]);
            } else {
                one.mean[c] = one.running_mean[c], variance = one.running_variance[c];
            }
            one.invstd[c] = 1 / std::sqrt(variance + T(EPSILON));
        }
    }

    void normalise(const T* y, const Shape<T>& s, const Layer<T>& one, T* to, bool add) {
        pass(to, s, add, [&](int c) {
            const T slope = one.scale[c] * one.invstd[c], offset = one.shift[c] - one.mean[c] * slope;
            return [=](long n) { return slope * load(y + n) + offset; };
        });
    }

    // By what was normalised, from g, the gradient by the result.
    void normalise_back(const T* g, const T* y, const Shape<T>& s, const Layer<T>& one, T* to) {
        moments(g, y, one.mean, s, one.by_shift, one.by_scale, sums);
        for (int c = 0; c < s.channels; ++c) one.by_scale[c] *= one.invstd[c];
        const T share = job.training ? T(1) / s.count : T(0);
        pass(to, s, false, [&](int c) {
            const T slope = one.scale[c] * one.invstd[c], tilt = -share * slope * one.by_scale[c] * one.invstd[c];
            const T offset = -share * slope * one.by_shift[c] - tilt * one.mean[c];
            return [=](long n) { return slope * load(g + n) + tilt * load(y + n) + offset; };
        });
        fence(to, s);
    }

    void convolve(int op, const T* from, const Shape<T>& in, const Shape<T>& out, const Layer<T>& one) {
        auto put = [to = one.mixed, stride = out.stride](int d, long n, V<T> v) { store(to + d * stride + n, v); };
        auto mix_by = op == CONV3 ? mix<3, T, decltype(put)> : mix<1, T, decltype(put)>;
        mix_by(from, in, out.channels, in.batch, one.weight, in.channels, 1, one.tap, put);
        fence(one.mixed, out);
        observe(one.mixed, out, one);
    }

    // By the convolution's weights and by its input, where that is positive or everywhere; g is by its output.
    void convolve_back(int op, const T* g, const Shape<T>& out, const T* from, const Shape<T>& in, const Layer<T>& one,
                       T* to, bool add, bool rectified) {
        auto multiply = op == CONV3 ? products<3, T> : products<1, T>;
        multiply(g, out, from, in, one.by_weight, one.tap, sums);
        if (!to) return;
        auto put = [=, stride = in.stride](int c, long n, V<T> v) {
            if (rectified) v = positive<T>(load(from + c * stride + n), v);
            store(to + c * stride + n, add ? load(to + c * stride + n) + v : v);
        };
        auto mix_by = op == CONV3 ? mix<3, T, decltype(put)> : mix<1, T, decltype(put)>;
        mix_by(g, out, in.channels, -in.batch, one.weight, 1, in.channels, one.tap, put);
    }

    // What each place in time counts in an average over it and its neighbours.
    void share(const Shape<T>& s) {
        for (int l = 0; l < s.length; ++l)
            std::fill_n(shares + long(l) * s.batch, s.batch, T(1) / (1 + (l > 0) + (l + 1 < s.length)));
        fence(shares, Shape<T>(1, s.length, s.batch));
    }
};

}  // namespace layers
