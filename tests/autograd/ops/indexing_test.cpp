#include <doctest/doctest.h>

#include <map>

#include <autograd/autograd.hpp>

#include "autograd/ops/indexing_golden.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/gradients.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

namespace {

using Items = std::vector<AxisIndex>;

Tensor ints(const std::vector<Index>& values, const Shape& shape) { return from_vector(values, shape); }
Tensor bools(const std::vector<Index>& values) { return from_vector(values).to(boolean); }

// The items of indexing_golden.py, by the same names.
const std::map<std::string, Items>& items_of() {
    static const Tensor r = ints({1, 0, 1}, {3}), c = ints({2, -1, 0}, {3}), d = ints({3, 1}, {2, 1});
    static const Tensor m2 = bools({0, 1}), m3 = bools({1, 0, 1});
    static const Tensor m34 = equal(remainder(reshape(arange(12), {3, 4}), 3), 0);
    static const Tensor all = equal(remainder(reshape(arange(120), {2, 3, 4, 5}), 17), 2);
    const Slice every{};
    static const std::map<std::string, Items> items = {
        {"1", {1}},
        {"1,-1", {1, -1}},
        {"...,2", {ellipsis, 2}},
        {"1,...,2", {1, ellipsis, 2}},
        {"::-1,1:", {Slice{none, none, -1}, Slice{1}}},
        {"newaxis,1,newaxis,...,newaxis", {newaxis, 1, newaxis, ellipsis, newaxis}},
        {":,:,4:0:-2", {every, every, Slice{4, 0, -2}}},
        {"r", {r}},
        {"r,c", {r, c}},
        {":,c", {every, c}},
        {":,c,d", {every, c, d}},
        {":,c,:,d", {every, c, every, d}},
        {"r,:,d", {r, every, d}},
        {"r,c,:,d", {r, c, every, d}},
        {"r,...,d", {r, ellipsis, d}},
        {"...,d,c", {ellipsis, d, c}},
        {"0,:,d", {0, every, d}},
        {":,1,d", {every, 1, d}},
        {":,1,:,d", {every, 1, every, d}},
        {"r,newaxis,c", {r, newaxis, c}},
        {"newaxis,r,c", {newaxis, r, c}},
        {":,newaxis,c,d", {every, newaxis, c, d}},
        {"1:,c,::2", {Slice{1}, c, Slice{none, none, 2}}},
        {"m2", {m2}},
        {":,m3", {every, m3}},
        {":,m34", {every, m34}},
        {"m2,:,d", {m2, every, d}},
        {"m2,m3,0", {bools({1, 1}), m3, 0}},
        {"r,m34", {ints({0, 1, 0, 1}, {4}), m34}},
        {":,m34,c", {every, m34, ints({0, -1, 2, 4}, {4})}},
        {"...,m5", {ellipsis, bools({0, 1, 1, 0, 0})}},
        {"all", {all}},
        {"none", {bools({0, 0})}},
        {"empty", {ints({}, {0})}},
        {"dd", {ints({0, 1, 1, 0}, {2, 2}), ints({0, 2}, {2})}},
        {"scalar", {ints({1}, {}), every, ints({2}, {})}}};
    return items;
}

Tensor numbered() { return reshape(arange(120.0, {.dtype = float64}), {2, 3, 4, 5}); }

} // namespace

TEST_CASE("indexing reads what NumPy reads") {
    const Tensor x = numbered();
    CHECK(indexing_golden.size() == items_of().size());
    for (const IndexingGolden& golden : indexing_golden) {
        CAPTURE(golden.items);
        const Tensor read = index_get(x, items_of().at(golden.items));
        CHECK(read.shape().str() == Shape(std::vector<Index>(golden.shape.begin(), golden.shape.end())).str());
        CHECK(read.to_vector<long>() == golden.read);
    }
}

TEST_CASE("assignment through an index leaves what NumPy leaves") {
    for (const IndexingGolden& golden : indexing_golden) {
        CAPTURE(golden.items);
        const Items& items = items_of().at(golden.items);
        Tensor x = numbered();
        const Shape shape = index_get(x, items).shape();
        const Tensor y = reshape(-1.0 - arange(static_cast<double>(shape.numel())), shape);
        std::vector<double> expected = x.to_vector();
        for (std::size_t i = 0; i < golden.written.size(); i += 2) {
            expected[static_cast<std::size_t>(golden.written[i])] = static_cast<double>(golden.written[i + 1]);
        }
        CHECK(index_put(x, items, y).to_vector() == expected);
        Entries(x, items) = y; // in place
        CHECK(x.to_vector() == expected);
        CHECK(x.version() == (shape.numel() > 0 ? 1 : 0));
    }
}

TEST_CASE("square brackets take numbers, ranges, tensors and masks") {
    const Tensor x = reshape(arange(6.0), {2, 3});
    CHECK(x[1].to_vector() == std::vector<double>{3, 4, 5});
    CHECK(x[{ellipsis, -1}].to_vector() == std::vector<double>{2, 5});
    CHECK(x[ints({1, 1}, {2})].shape() == Shape{2, 3});
    CHECK(x[{ints({0, 1}, {2}), ints({2, 0}, {2})}].to_vector() == std::vector<double>{2, 3});
    CHECK(x[x > 2.0].to_vector() == std::vector<double>{3, 4, 5});
    CHECK(x[newaxis].shape() == Shape{1, 2, 3});
}

TEST_CASE("what is indexed by numbers and ranges is a view, by tensors a copy") {
    Tensor x = reshape(arange(6.0), {2, 3});
    Tensor view = x[{1, Slice{1}}], copy = x[{ints({1}, {1})}];
    view.fill(9);
    CHECK(x.to_vector() == std::vector<double>{0, 1, 2, 3, 9, 9});
    copy.fill(7);
    CHECK(x.to_vector() == std::vector<double>{0, 1, 2, 3, 9, 9});
}

TEST_CASE("assignment broadcasts numbers and tensors, and arithmetic reads first") {
    Tensor x = zeros({2, 3}, {.dtype = float64});
    x.at({Slice{}, 1}) = 5;
    x.at(0) += from_vector<double>({1, 2, 3});
    x.at({x > 6.5}) *= 10;
    x.at({1, 0}) -= 0.5;
    x.at({ellipsis, -1}) /= 2;
    CHECK(x.to_vector() == std::vector<double>{1, 70, 1.5, -0.5, 5, 0});
    x.at({0}) = x.at({1});
    CHECK(x[0].to_vector() == x[1].to_vector());
    x.at({Slice{}}) = ones({1, 2, 3}); // leading axes of size 1 are not in the way
    CHECK(x.to_vector() == std::vector<double>(6, 1.0));
}

TEST_CASE("of several writers the last one wins, and with accumulate all of them count") {
    Tensor x = zeros({3}, {.dtype = float64});
    const Tensor twice = ints({1, 1, 2}, {3}), y = from_vector<double>({1, 2, 4});
    x.at({twice}) += y;
    CHECK(x.to_vector() == std::vector<double>{0, 2, 4});
    CHECK(index_put(x, {twice}, y, {.accumulate = true}).to_vector() == std::vector<double>{0, 5, 8});

    const Tensor a = leaf(zeros({3}, {.dtype = float64})), b = leaf(y);
    sum(index_put(a, {twice}, b) * from_vector<double>({10, 20, 30})).backward();
    CHECK(a.grad().to_vector() == std::vector<double>{10, 0, 0});
    CHECK(b.grad().to_vector() == std::vector<double>{0, 20, 30}); // the first writer is overwritten
}

TEST_CASE("assignment is differentiable to both sides, through every kind of item") {
    for (const auto& [key, items] : items_of()) {
        const std::string name = key;
        CAPTURE(name);
        const auto f = [&items = items](std::span<const Tensor> in) {
            Tensor x = in[0] * 1.0;
            Entries(x, items) = in[1] * in[1];
            return sum(x * x);
        };
        const Tensor x = test::random_like(numbered(), 3);
        const std::vector<Tensor> in{x, test::random_like(index_get(x, items), 4)};
        const Tensor u = ones({}, {.dtype = float64});
        const auto got = test::gradients(f, in, u), expected = test::numeric_gradients(f, in, u);
        for (std::size_t i = 0; i < 2; ++i) CHECK(test::difference(got[i], expected[i]).worst < 1e-7);
    }
}

TEST_CASE("a write into entries raises the version, and backward refuses the old numbers") {
    const Tensor w = leaf(from_vector<double>({1, 2, 3}));
    Tensor h = w * 2.0;
    const Tensor y = sum(square(h));
    h.at({ints({0}, {1})}) = 0.0;
    const int written = __LINE__ - 1;
    CHECK(h.version() == 1);
    const std::string text = message_of<GraphError>([&] { y.backward(); });
    CHECK(contains(text, "was changed in place"));
    CHECK(contains(text, "with version 0"));
    CHECK(contains(text, "has version 1"));
    CHECK(contains(text, test::here(written - 1))); // read
    CHECK(contains(text, test::here(written)));     // written
}

TEST_CASE("a leaf is written under no_grad alone, and a value of a transform not at all") {
    Tensor w = leaf(from_vector<double>({1, 2, 3}));
    CHECK(contains(message_of<GraphError>([&] { w.at({0}) = 5; }), "the target is a leaf"));
    no_grad([&] { w.at({0}) = 5; });
    CHECK(w.to_vector() == std::vector<double>{5, 2, 3});
    Tensor outside = zeros({3}, {.dtype = float64});
    const auto f = [&](const Tensor& x) {
        outside.at({0}) = x[0];
        return x;
    };
    CHECK(contains(message_of<StateError>([&] {
                       vmap(f)(ones({2, 3}, {.dtype = float64}));
                   }),
                   "at: a value of a transform"));
}

TEST_CASE("integer indices and masks with a number work under vmap, a picking mask says why not") {
    const Tensor x = reshape(arange(12.0), {3, 4}), at = ints({1, -1, 0, 2, 3, 3}, {3, 2});
    const auto read = vmap([](const Tensor& row, const Tensor& i) { return row[{i}]; })(x, at);
    CHECK(read.to_vector() == std::vector<double>{1, 3, 4, 6, 11, 11});
    const auto written = vmap([](const Tensor& row) {
        Tensor y = row * 1.0;
        y.at({remainder(row, 2) > 0.5}) = -1;
        return y;
    })(x);
    CHECK(written[1].to_vector() == std::vector<double>{4, -1, 6, -1});
    const auto pick = [&] { vmap([](const Tensor& row) { return row[row > 2.0]; })(x); };
    const std::string text = message_of<StateError>(pick);
    CHECK(contains(text, "under vmap"));
    CHECK(contains(text, "where"));
}

TEST_CASE("an index that does not fit names the index, the axis and its size") {
    const Tensor x = zeros({2, 3});
    const int line = __LINE__ + 1;
    const std::string text = message_of<IndexError>([&] { x[{Slice{}, ints({0, 3}, {2})}]; });
    CHECK(contains(text, "x[{...}]: index 3 is out of range for axis 1 of size 3"));
    CHECK(contains(text, test::here(line)));
    CHECK(contains(message_of<IndexError>([&] { x[{0, 0, 0}]; }), "3 items stand for 3 axes"));
    CHECK(contains(message_of<IndexError>([&] { x[2]; }), "index 2"));
}

TEST_CASE("a number that is written keeps the digits of the tensor's dtype") {
    const Tensor at = ints({1}, {1});
    Tensor x = zeros({2}, {.dtype = float64});
    x.at({at}) = 0.1;
    CHECK(x[1].item() == 0.1);
    x.assign(0.3);
    CHECK(x[0].item() == 0.3);
    x.fill(0.7);
    CHECK(x[0].item() == 0.7);
    CHECK(index_put(x, {at}, 0.1)[1].item() == 0.1);
    CHECK(put(x, at, 0.1 * ones({1}, {.dtype = float64}))[1].item() == 0.1);
    CHECK(scatter(x, 0, at, 0.1)[1].item() == 0.1);
    CHECK(searchsorted(from_vector<double>({0.1}), 0.1).item<int>() == 0);
    Tensor n = zeros({2}, {.dtype = int64});
    CHECK(contains(message_of<DTypeError>([&] { n.at({at}) = 0.5; }), "lose the fraction"));
    CHECK(contains(message_of<DTypeError>([&] { n.at(0) = 0.5; }), "lose the fraction"));
    CHECK(index_put(n, {at}, 0.5)[1].item() == 0.5);
}
