#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/debug/watch.hpp>

#include "support/compare.hpp"

using namespace xg;
using test::leaf;

namespace {

struct Recorder : Watch {
    struct Forward {
        std::string op;
        std::uint64_t node;
        std::uint32_t line;
        std::string file;
        std::size_t inputs;
        std::vector<double> output;
    };
    struct Backward {
        std::string op;
        std::uint64_t node;
        std::vector<std::uint64_t> inputs;
        std::vector<double> upstream;
        std::vector<double> contributions; // NaN: nothing
        std::uint32_t line;
    };
    std::vector<Forward> forwards;
    std::vector<Backward> backwards;
    bool compute = false;

    void forward(const ForwardEvent& e) override {
        forwards.push_back(
            {std::string(e.op), e.node, e.site.line, e.site.file, e.inputs.size(), e.output.to_vector()});
        if (compute) sum(e.output * 2.0);
    }
    void backward(const BackwardEvent& e) override {
        Backward b{std::string(e.op),      e.node, {e.inputs.begin(), e.inputs.end()},
                   e.upstream.to_vector(), {},     e.site.line};
        for (const Tensor& c : e.contributions) b.contributions.push_back(c.defined() ? sum(c).item() : std::nan(""));
        backwards.push_back(b);
    }
};

} // namespace

TEST_CASE("a watch sees every operation with its line and node") {
    const Tensor a = leaf(2), b = leaf(3);
    Recorder seen;
    int line = 0;
    {
        const WatchScope scope(seen);
        line = __LINE__ + 1;
        const Tensor y = a * b;
        exp(y.detach());
    }
    exp(a);
    REQUIRE(seen.forwards.size() == 2);
    CHECK(seen.forwards[0].op == "mul");
    CHECK(seen.forwards[0].output == std::vector<double>{6});
    CHECK(seen.forwards[0].inputs == 2);
    CHECK(seen.forwards[0].node > 0);
    CHECK(seen.forwards[0].line == static_cast<std::uint32_t>(line));
    CHECK(seen.forwards[0].file == __FILE__);
    CHECK(seen.forwards[1].op == "exp");
    CHECK(seen.forwards[1].node == 0);
}

TEST_CASE("a watch sees every contribution of a backward pass, latest node first") {
    const Tensor a = leaf(2), b = leaf(3), c = full({}, 4, {.dtype = float64});
    Recorder seen;
    const int line = __LINE__ + 1;
    const Tensor product = a * b;
    const Tensor y = product * c + a;
    {
        const WatchScope scope(seen);
        y.backward();
    }
    REQUIRE(seen.backwards.size() == 3);
    CHECK(seen.backwards[0].op == "add");
    CHECK(seen.backwards[0].upstream == std::vector<double>{1});
    CHECK(seen.backwards[0].contributions == std::vector<double>{1, 1});
    CHECK(seen.backwards[1].op == "mul");
    CHECK(seen.backwards[1].contributions[0] == 4);
    CHECK(seen.backwards[1].inputs[1] == 0); // c wants nothing
    CHECK(std::isnan(seen.backwards[1].contributions[1]));
    CHECK(seen.backwards[2].contributions == std::vector<double>{12, 8});
    CHECK(seen.backwards[2].line == static_cast<std::uint32_t>(line));
    CHECK(seen.backwards[1].inputs[0] == seen.backwards[2].node);
    CHECK(seen.backwards[0].node > seen.backwards[1].node);
}

TEST_CASE("what a watch computes is not shown to it") {
    const Tensor a = leaf(2);
    Recorder seen;
    seen.compute = true;
    const WatchScope scope(seen);
    exp(a);
    CHECK(seen.forwards.size() == 1);
}

TEST_CASE("watches nest, and nothing is seen when the scope has ended") {
    const Tensor a = leaf(2);
    Recorder outer, inner;
    {
        const WatchScope first(outer);
        exp(a);
        {
            const WatchScope second(inner);
            exp(a);
        }
        exp(a);
    }
    exp(a);
    (a * a).backward();
    CHECK(outer.forwards.size() == 2);
    CHECK(inner.forwards.size() == 1);
    CHECK(outer.backwards.empty());
}

TEST_CASE("a watch does not change what is computed") {
    const auto run = [] {
        const Tensor x = leaf(from_vector<double>({0.5, -1.5, 2.5}));
        sum(exp(x) * x / (square(x) + 1.0)).backward();
        return x.grad();
    };
    const Tensor alone = run();
    Recorder seen;
    const WatchScope scope(seen);
    CHECK(test::same_bits(run(), alone));
}

TEST_CASE("a watch sees one forward event for an operation beside a number, and on a view") {
    Recorder seen;
    const Tensor x = leaf(from_vector<double>({1, 2, 3, 4}, {2, 2}));
    const WatchScope scope(seen);
    const Tensor y = transpose(x) + 1.0;
    REQUIRE(seen.forwards.size() == 2);
    CHECK(seen.forwards[0].op == "permute");
    CHECK(seen.forwards[1].op == "add");
    CHECK(seen.forwards[1].inputs == 2);
    CHECK(seen.forwards[1].output == std::vector<double>{2, 4, 3, 5});
}
