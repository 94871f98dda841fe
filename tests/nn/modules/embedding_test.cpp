#include <nn/modules/embedding.hpp>

#include "nn/modules/sequence_golden.hpp"
#include "nn/modules/waves.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;
using Indices = std::vector<std::int64_t>;

namespace {

// As sequence_golden.py does it: result and gradients for the cotangent wave(3).
Numbers measured(nn::Module& module, const Tensor& y, const Tensor& weights = {}) {
    y.backward(wave(y.shape(), 3));
    Numbers all;
    append_digest(all, y);
    if (weights.defined()) append_digest(all, weights.grad());
    for (const Tensor& p : module.parameters()) append_digest(all, p.grad());
    return all;
}
void check(const std::string& name, const Numbers& got) {
    const double worst = largest_difference(got, stored_under(name, sequence_golden));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}
const Tensor five = from_vector(Indices{1, 4, 0, 4, 2}), rows = from_vector(Indices{1, 4, 0, 4, 2, 1}, {2, 3});

} // namespace

TEST_CASE("Embedding gives PyTorch's values and gradients, none to the padding") {
    nn::Embedding table(5, 3, {.padding_idx = 1});
    Waves().module("", table);
    check("Embedding", measured(table, table(rows)));
    CHECK(select(table.weight.grad(), 0, 1).to_vector() == Numbers{0, 0, 0});
}

TEST_CASE("EmbeddingBag gives PyTorch's values and gradients in every mode") {
    const auto bag = [](nn::EmbeddingBagOptions o) {
        nn::EmbeddingBag made(5, 3, o);
        Waves().module("", made);
        return made;
    };
    nn::EmbeddingBag sum = bag({.mode = nn::BagMode::sum}), mean = bag({.padding_idx = 0}),
                     max = bag({.mode = nn::BagMode::max, .padding_idx = 2}), last = bag({.include_last_offset = true});
    const Tensor weights = wave({5}, 9).requires_grad(true);
    check("EmbeddingBag sum", measured(sum, sum(five, from_vector(Indices{0, 2, 2}), weights), weights));
    check("EmbeddingBag mean", measured(mean, mean(rows)));
    check("EmbeddingBag max", measured(max, max(five, from_vector(Indices{0, 2, 2, 4}))));
    check("EmbeddingBag last", measured(last, last(five, from_vector(Indices{0, 2, 2, 5}))));
}

TEST_CASE("the first of equal rows of a bag gets the gradient of their maximum") {
    nn::EmbeddingBag bag(4, 2, {.mode = nn::BagMode::max});
    bag.weight = tensor({{1, 5}, {3, 5}, {3, 2}, {0, 0}});
    const Tensor y = bag(from_vector(Indices{2, 1, 0, 1, 3}), from_vector(Indices{0, 3, 5}));
    CHECK(y.to_vector() == Numbers{3, 5, 3, 5, 0, 0});
    y.backward(tensor({{1, 10}, {100, 1000}, {7, 7}}));
    CHECK(bag.weight.grad().to_vector() == Numbers{0, 0, 100, 1010, 1, 0, 0, 0}); // torch 1.13's
}

TEST_CASE("scale_grad_by_freq divides the gradient of a row by how often it was named") {
    nn::Embedding table(4, 2, {.scale_grad_by_freq = true});
    const Tensor y = table(from_vector(Indices{1, 3, 1, 1}, {2, 2}));
    CHECK(y.to_vector() == nn::Embedding(table)(from_vector(Indices{1, 3, 1, 1}, {2, 2})).to_vector());
    y.backward(reshape(arange(8), {2, 2, 2}).to(float32));
    const Numbers expected{0, 0, 10.0 / 3, 13.0 / 3, 0, 0, 2, 3}; // torch 1.13's
    CHECK(largest_difference(table.weight.grad().to_vector(), expected) < 1e-6);

    // torch 1.13 divides the gradient of row 3 by the count of row 1.
    for (const auto& [mode, share] : {std::pair(nn::BagMode::sum, 1.0), std::pair(nn::BagMode::mean, 0.5)}) {
        nn::EmbeddingBag bag(4, 2, {.scale_grad_by_freq = true, .mode = mode});
        bag(from_vector(Indices{1, 3, 1, 1}), from_vector(Indices{0, 2})).backward(tensor({{6, 12}, {18, 30}}));
        const Numbers all{0, 0, 14 * share, 24 * share, 0, 0, 6 * share, 12 * share};
        CHECK(largest_difference(bag.weight.grad().to_vector(), all) < 1e-5);
    }
}

TEST_CASE("Embedding starts with normal numbers and 0 in the padding") {
    manual_seed(3);
    const nn::Embedding table(1000, 50, {.padding_idx = -1});
    CHECK(std::abs(mean(table.weight).item()) < 0.02); // its own deviation is 0.0045
    CHECK(std::abs(stddev(table.weight).item() - 1) < 0.02);
    CHECK(sum(abs(select(table.weight, 0, 999))).item() == 0);
}

TEST_CASE("max_norm shortens the rows that are read, and no other") {
    nn::Embedding table(3, 2, {.max_norm = 1.0});
    table.weight = from_vector<double>({3, 4, 0.3, 0.4, 6, 8}, {3, 2});
    table(from_vector(Indices{0, 1, 0}));
    const Numbers now = table.weight.to_vector();
    CHECK(now[0] == doctest::Approx(0.6)); // 3 / 5
    CHECK(now[1] == doctest::Approx(0.8));
    CHECK(Numbers(now.begin() + 2, now.end()) == Numbers{0.3, 0.4, 6, 8});
    CHECK(table.weight.requires_grad());
}

TEST_CASE("Embedding takes rows that were trained elsewhere, frozen unless asked") {
    const Tensor made = from_vector<float>({1, 2, 3, 4}, {2, 2});
    CHECK_FALSE(nn::Embedding::from_pretrained(made).weight.requires_grad());
    nn::Embedding trained = nn::Embedding::from_pretrained(made, /*freeze=*/false);
    CHECK(trained.weight.requires_grad());
    CHECK(trained(from_vector(Indices{1})).to_vector() == Numbers{3, 4});
}

TEST_CASE("an empty bag is 0 in every mode") {
    for (const auto mode : {nn::BagMode::sum, nn::BagMode::mean, nn::BagMode::max}) {
        nn::EmbeddingBag bag(2, 2, {.mode = mode});
        const Tensor y = bag(from_vector(Indices{1}), from_vector(Indices{0, 0, 1}));
        CHECK(select(y, 0, 0).to_vector() == Numbers{0, 0});
        CHECK(select(y, 0, 2).to_vector() == Numbers{0, 0});
    }
}

TEST_CASE("embeddings refuse what they cannot look up, by its value and range") {
    nn::Embedding table(5, 3);
    CHECK_SAYS(message_of<IndexError>([&] { table(from_vector(Indices{0, 5})); }), "index 5");
    CHECK_SAYS(message_of<IndexError>([&] { table(from_vector(Indices{0, 5})); }), "0 to 4");
    CHECK_SAYS(message_of<IndexError>([&] { table(from_vector(Indices{0, -1})); }), "index -1");
    CHECK_SAYS(message_of<DTypeError>([&] { table(zeros({2})); }), "int64");
    CHECK_SAYS(message_of<ValueError>([] { nn::Embedding(-1, 3); }), "-1 and 3");
    CHECK_SAYS(message_of<IndexError>([] { nn::Embedding(5, 3, {.padding_idx = 5}); }), "padding_idx is 5");
    CHECK_SAYS(message_of<ValueError>([] { nn::Embedding(5, 3, {.max_norm = 0.0}); }), "max_norm is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::Embedding(5, 3, {.norm_type = -1}); }), "norm_type is -1");
    CHECK_SAYS(
        message_of<ValueError>([] { nn::EmbeddingBag(5, 3, {.scale_grad_by_freq = true, .mode = nn::BagMode::max}); }),
        "scale_grad_by_freq with BagMode::max");
}

TEST_CASE("an index that is refused leaves the rows that max_norm would shorten") {
    nn::Embedding table(3, 2, {.max_norm = 1.0});
    table.weight = full({3, 2}, 5);
    message_of<IndexError>([&] { table(from_vector(Indices{0, -1})); });
    message_of<IndexError>([&] { table(from_vector(Indices{0, 3})); });
    CHECK(table.weight.to_vector() == Numbers(6, 5.0));
}

TEST_CASE("EmbeddingBag refuses bags that do not fit") {
    nn::EmbeddingBag bag(5, 3);
    const auto says = [&](const Indices& offsets) {
        return message_of<ValueError>([&] { bag(five, from_vector(offsets)); });
    };
    CHECK_SAYS(says({1, 2}), "the first offset is 1");
    CHECK_SAYS(says({0, 3, 2}), "offset 2 follows 3");
    CHECK_SAYS(says({0, 6}), "offset 5 follows 6");
    CHECK_SAYS(message_of<ShapeError>([&] { bag(five); }), "without offsets");
    CHECK_SAYS(message_of<ShapeError>([&] { bag(rows, from_vector(Indices{0})); }), "with offsets");
    CHECK_SAYS(message_of<ValueError>([&] { bag(rows, Tensor(), ones({2, 3})); }), "BagMode::sum");
    nn::EmbeddingBag sum(5, 3, {.mode = nn::BagMode::sum});
    CHECK_SAYS(message_of<ShapeError>([&] { sum(rows, Tensor(), ones({3})); }), "per_sample_weights have shape (3,)");
    CHECK_SAYS(message_of<IndexError>([&] { bag(from_vector(Indices{7}, {1, 1})); }), "index 7");
}
