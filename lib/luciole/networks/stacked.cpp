// Forward and backward passes of a stack of networks, one network after another, each within the processor's cache.
//
// luciole/networks/fused.py compiles and calls this; luciole/networks/stack.py has the same functions in PyTorch.
//
// The forward pass leaves in memory, for the backward pass, the nodes of each cell and the outputs of convolutions,
// before normalisation. A node that convolutions read is rectified in place when all else has read it: the backward
// pass asks for no more than that. What is cheap is computed again.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "layers.h"

namespace {

using namespace layers;

constexpr int TARGET[6] = {1, 2, 2, 3, 3, 3}, SOURCE[6] = {0, 0, 1, 0, 1, 2};

template <class T> struct Block {  // a cell; or the stem or a reduction, whose layer is that of edge 0
    bool cell;
    Shape<T> in, out;
    T* node[4];
    int op[6];
    Layer<T> layer[6];
};

template <class T> class Network : Layers<T> {
    using Base = Layers<T>;
    using Base::back, Base::job, Base::shares, Base::sums;
    using Base::convolve, Base::convolve_back, Base::normalise, Base::normalise_back, Base::observe, Base::share;

    T* at;  // of the memory, the first that is not given away
    std::vector<Block<T>> blocks;
    Layer<T> last, classifier;
    Shape<T> input, end, pooled, answers;
    T *x, *grad[4], *by_features, *by_answers, *features;
    int number = 0, site = 0;

    T* take(long size) {
        T* taken = at;
        at += (size + W<T> - 1) / W<T> * W<T>;
        return taken;
    }
    T* rows_of(const Shape<T>& s) { return take(s.size) + s.margin; }

    Layer<T> next(int inputs, int outputs) {
        const int sites = job.stages + 6 * job.stages * job.cells + 2;
        const int32_t* place = job.places + 2 * (long(number) * sites + site++);
        Layer<T> one{};
        if (place[0] < 0) return one;
        const long size = long(inputs) * outputs;
        auto find = [&](void* const* all, int which, long length) {
            return all && all[which] ? static_cast<T*>(all[which]) + place[1] * length : nullptr;
        };
        void* const* tensors = job.tensors ? job.tensors + 5 * place[0] : nullptr;
        void* const* gradients = job.gradients ? job.gradients + 3 * place[0] : nullptr;
        one.weight = find(tensors, 0, size), one.scale = find(tensors, 1, outputs), one.shift = find(tensors, 2, outputs);
        one.running_mean = find(tensors, 3, outputs), one.running_variance = find(tensors, 4, outputs);
        one.by_weight = find(gradients, 0, size);
        one.by_scale = find(gradients, 1, outputs), one.by_shift = find(gradients, 2, outputs);
        one.tap = job.members[place[0]] * size;
        one.mean = take(outputs), one.invstd = take(outputs);
        return one;
    }

    Shape<T> stage(int number) const { return {int(job.width << number), int(job.length >> number), int(job.batch)}; }

    void cell(Block<T>& b) {
        bool begun[4] = {true};
        share(b.out);
        for (int source = 0; source < 3; ++source) {
            T* from = b.node[source];
            const long side = b.out.batch;
            bool mixes = false;
            for (int e = 0; e < 6; ++e) {
                if (SOURCE[e] != source) continue;
                const int t = TARGET[e];
                if (b.op[e] == SKIP)
                    pass(b.node[t], b.out, begun[t], [=](int) { return [=](long n) { return load(from + n); }; });
                if (b.op[e] == POOL)
                    pass(b.node[t], b.out, begun[t], [&](int c) {
                        const T* part = shares - c * b.out.stride;
                        return [=](long n) {
                            return load(part + n) * (load(from + n - side) + load(from + n) + load(from + n + side));
                        };
                    });
                begun[t] |= b.op[e] == SKIP || b.op[e] == POOL;
                mixes |= b.op[e] == CONV1 || b.op[e] == CONV3;
            }
            if (mixes)
                pass(from, b.out, false, [=](int) { return [=](long n) { return rectified<T>(load(from + n)); }; });
            for (int e = 0; e < 6; ++e) {
                if (SOURCE[e] != source || (b.op[e] != CONV1 && b.op[e] != CONV3)) continue;
                convolve(b.op[e], from, b.out, b.out, b.layer[e]);
                normalise(b.layer[e].mixed, b.out, b.layer[e], b.node[TARGET[e]], begun[TARGET[e]]);
                begun[TARGET[e]] = true;
            }
            T* complete = b.node[source + 1];
            if (!begun[source + 1]) std::fill_n(complete - b.out.margin, b.out.size, T(0));
            fence(complete, b.out);
        }
    }

    void cell_back(Block<T>& b) {  // from grad[3] to grad[0]
        bool begun[4] = {false, false, false, true};
        share(b.out);
        for (int t = 3; t > 0; --t) {
            if (!begun[t]) continue;  // nothing leads from it to the output
            const T* g = grad[t];
            if (t < 3) fence(grad[t], b.out);
            const long side = b.out.batch;
            for (int e = 0; e < 6; ++e) {
                if (TARGET[e] != t || b.op[e] == NONE) continue;
                const int s = SOURCE[e];
                if (b.op[e] == SKIP) {
                    pass(grad[s], b.out, begun[s], [=](int) { return [=](long n) { return load(g + n); }; });
                } else if (b.op[e] == POOL) {
                    pass(grad[s], b.out, begun[s], [&](int c) {
                        const T* part = shares - c * b.out.stride;
                        return [=](long n) {
                            return load(part + n - side) * load(g + n - side) + load(part + n) * load(g + n) +
                                   load(part + n + side) * load(g + n + side);
                        };
                    });
                } else {
                    normalise_back(g, b.layer[e].mixed, b.out, b.layer[e], back);
                    convolve_back(b.op[e], back, b.out, b.node[s], b.out, b.layer[e], grad[s], begun[s], true);
                }
                begun[s] = true;
            }
        }
        if (begun[0])
            fence(grad[0], b.out);
        else
            std::fill_n(grad[0] - b.out.margin, b.out.size, T(0));
    }

    // Averages of two places in time, a last odd one dropped; and back, where that one gets nothing.
    void halve(const T* from, const Shape<T>& wide, T* to, const Shape<T>& s) {
        for (int c = 0; c < s.channels; ++c)
            for (int l = 0; l < s.length; ++l) {
                const T* pair = from + c * wide.stride + 2L * l * s.batch;
                for (int n = 0; n < s.batch; n += W<T>)
                    store(to + c * s.stride + long(l) * s.batch + n, T(0.5) * (load(pair + n) + load(pair + s.batch + n)));
            }
        fence(to, s);
    }
    void halve_back(const T* from, const Shape<T>& s, T* to, const Shape<T>& wide) {
        for (int c = 0; c < s.channels; ++c)
            for (int l = 0; l < wide.length; ++l)
                for (int n = 0; n < s.batch; n += W<T>) {
                    V<T> v{};
                    if (l / 2 < s.length) v = T(0.5) * load(from + c * s.stride + long(l / 2) * s.batch + n);
                    store(to + c * wide.stride + long(l) * s.batch + n, v);
                }
        fence(to, wide);
    }

    // Normalised, rectified and averaged over time.
    void gather(const T* from) {
        for (int c = 0; c < end.channels; ++c) {
            const T slope = last.scale[c] * last.invstd[c], offset = last.shift[c] - last.mean[c] * slope;
            for (int n = 0; n < end.batch; n += W<T>) {
                V<T> sum{};
                for (int l = 0; l < end.length; ++l)
                    sum += rectified<T>(slope * load(from + c * end.stride + long(l) * end.batch + n) + offset);
                store(features + c * pooled.stride + n, sum / T(end.length));
            }
        }
        fence(features, pooled);
    }
    void gather_back(const T* from, T* to) {
        for (int c = 0; c < end.channels; ++c) {
            const T slope = last.scale[c] * last.invstd[c], offset = last.shift[c] - last.mean[c] * slope;
            for (int l = 0; l < end.length; ++l)
                for (int n = 0; n < end.batch; n += W<T>) {
                    const long place = c * end.stride + long(l) * end.batch + n;
                    const V<T> each = load(by_features + c * pooled.stride + n) / T(end.length);
                    store(to + place, positive<T>(slope * load(from + place) + offset, each));
                }
        }
        fence(to, end);
    }

public:
    explicit Network(const Job& job)
        : Base(job), at(static_cast<T*>(job.memory)), input(job.inputs, job.length, job.batch), end(stage(job.stages - 1)),
          pooled(end.channels, 1, job.batch), answers(job.classes, 1, job.batch) {
        long most = 0;
        for (int number = 0; number < job.stages; ++number) most = std::max(most, stage(number).size);
        most += std::max(input.size, pooled.size);
        const long widest = std::max<long>({input.channels, end.channels, answers.channels});
        x = rows_of(input);
        for (T*& one : grad) one = take(most) + input.margin;
        back = take(most) + input.margin;
        by_features = rows_of(pooled), by_answers = rows_of(answers);
        shares = rows_of(Shape<T>(1, job.length, job.batch));
        sums = reinterpret_cast<V<T>*>(take(3 * SIDE * widest * W<T>));
    }

    // Lay out the memory of one network; where the next one's begins.
    T* enter(int which, T* begin) {
        number = which, site = 0, at = begin;
        blocks.clear();
        T* node = x;
        for (int number = 0; number < job.stages; ++number) {
            const Shape<T> in = number ? Shape<T>(job.width << (number - 1), job.length >> number, job.batch) : input;
            const Shape<T> out = stage(number);
            Block<T> mixing{false, in, out, {}, {CONV1}, {}};
            mixing.node[0] = number ? rows_of(in) : x;
            mixing.layer[0] = next(in.channels, out.channels);
            mixing.layer[0].mixed = rows_of(out);
            mixing.node[3] = node = rows_of(out);
            blocks.push_back(mixing);
            for (int copy = 0; copy < job.cells; ++copy) {
                Block<T> one{true, out, out, {node}, {}, {}};
                for (int e = 0; e < 6; ++e) {
                    one.op[e] = job.operations[6 * which + e];
                    one.layer[e] = next(out.channels, out.channels);
                    if (one.op[e] == CONV1 || one.op[e] == CONV3) one.layer[e].mixed = rows_of(out);
                }
                for (int n = 1; n < 4; ++n) one.node[n] = node = rows_of(out);
                blocks.push_back(one);
            }
        }
        last = next(0, end.channels);
        classifier = next(end.channels, answers.channels);
        features = rows_of(pooled);
        return at;
    }
    T* begin() const { return at; }

    void read() {
        const T* from = static_cast<const T*>(job.x);
        for (int b = 0; b < input.batch; ++b)
            for (int c = 0; c < input.channels; ++c)
                for (int l = 0; l < input.length; ++l) x[c * input.stride + long(l) * input.batch + b] = *from++;
        fence(x, input);
    }

    void forward() {
        const Block<T>* before = nullptr;
        for (Block<T>& b : blocks) {
            if (b.cell) {
                cell(b);
            } else {
                if (before) halve(before->node[3], before->out, b.node[0], b.in);
                convolve(CONV1, b.node[0], b.in, b.out, b.layer[0]);
                normalise(b.layer[0].mixed, b.out, b.layer[0], b.node[3], false);
                fence(b.node[3], b.out);
            }
            before = &b;
        }
        observe(before->node[3], end, last);
        gather(before->node[3]);
        T* logits = static_cast<T*>(job.logits) + long(number) * job.batch * job.classes;
        mix<1>(features, pooled, answers.channels, 0L, classifier.weight, pooled.channels, 1, 0,
               [&](int d, long n, V<T> v) {
                   for (int i = 0; i < W<T> && n + i < job.batch; ++i)
                       logits[(n + i) * job.classes + d] = v[i] + classifier.scale[d];
               });
    }

    void backward() {
        const T* from = static_cast<const T*>(job.by_logits) + long(number) * job.batch * job.classes;
        for (int d = 0; d < answers.channels; ++d) {
            T sum = 0;
            for (int b = 0; b < answers.batch; ++b)
                sum += by_answers[d * answers.stride + b] = from[long(b) * job.classes + d];
            classifier.by_scale[d] = sum;
        }
        fence(by_answers, answers);
        convolve_back(CONV1, by_answers, answers, features, pooled, classifier, by_features, false, false);
        gather_back(blocks.back().node[3], back);
        normalise_back(back, blocks.back().node[3], end, last, grad[3]);
        for (auto b = blocks.rbegin(); b != blocks.rend(); ++b) {
            if (b->cell) {
                cell_back(*b);
                std::swap(grad[0], grad[3]);
                continue;
            }
            const bool first = b + 1 == blocks.rend();
            normalise_back(grad[3], b->layer[0].mixed, b->out, b->layer[0], back);
            T* to = first && !job.by_x ? nullptr : grad[0];
            convolve_back(CONV1, back, b->out, b->node[0], b->in, b->layer[0], to, false, false);
            if (!first) halve_back(grad[0], b->in, grad[3], (b + 1)->out);
        }
        if (job.by_x) {
            T* to = static_cast<T*>(job.by_x);
            for (int b = 0; b < input.batch; ++b)
                for (int c = 0; c < input.channels; ++c)
                    for (int l = 0; l < input.length; ++l) *to++ += grad[0][c * input.stride + long(l) * input.batch + b];
        }
    }
};

template <class T> int64_t bytes(const Job& job) {
    Network<T> network(job);
    T *begin = network.begin(), *after = begin;
    long most = 0, all = begin - static_cast<T*>(job.memory);
    for (int k = 0; k < job.networks; ++k) {
        const long own = network.enter(k, after) - after;
        most = job.keep ? most + own : std::max(most, own);
    }
    return (all + most) * sizeof(T);
}

template <class T> void run(const Job& job, bool forward) {
    Network<T> network(job);
    T* next = network.begin();
    network.read();
    for (int k = 0; k < job.networks; ++k) {
        T* after = network.enter(k, next);
        if (forward) network.forward();
        else network.backward();
        if (job.keep) next = after;
    }
}

}  // namespace

extern "C" {
int64_t luciole_bytes(const Job* job, int64_t item) { return item == 4 ? bytes<float>(*job) : bytes<double>(*job); }
void luciole_forward(const Job* job, int64_t item) { item == 4 ? run<float>(*job, true) : run<double>(*job, true); }
void luciole_backward(const Job* job, int64_t item) { item == 4 ? run<float>(*job, false) : run<double>(*job, false); }
}
