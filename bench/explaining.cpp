// What looking at a large graph takes, in milliseconds: explaining 5,000 nodes of Values, checking them, writing their page
// (whose kilobytes are told too), reading a trace back; and the same of a small graph.
//   build/release/bench/bench_explaining
#include <autograd/autograd.hpp>
#include <explorer/explorer.hpp>

#include "timing.hpp"

using namespace xg;

namespace {

// A network of Values with one hidden layer: about 5 nodes for each of its weights.
Value network(std::size_t inputs, std::size_t hidden) {
    std::vector<Value> x;
    for (std::size_t i = 0; i < inputs; ++i) x.emplace_back(0.01 * static_cast<double>(i + 1));
    Value y = 0.0;
    for (std::size_t j = 0; j < hidden; ++j) {
        Value z = 0.1;
        for (std::size_t i = 0; i < inputs; ++i) {
            Value w = 0.02 * static_cast<double>(i) - 0.03 * static_cast<double>(j % 7);
            z = z + w * x[i];
        }
        y = y + tanh(z) * 0.5;
    }
    return square(y - 0.3);
}

template <class F>
double milliseconds(F&& f) {
    return bench::median_ns(f, 1, 5) * 1e-6;
}

void measure(const std::string& name, const Value& loss, std::vector<std::pair<std::string, double>>& results) {
    const Explanation run = explain(loss);
    const std::string nodes = std::to_string(run.trace().nodes.size()) + " nodes, ";
    const std::string text = run.json();
    results.emplace_back(name + nodes + "explain ms", milliseconds([&] { explain(loss); }));
    results.emplace_back(name + "check ms", milliseconds([&] { run.check(); }));
    results.emplace_back(name + "page ms", milliseconds([&] { run.html("explaining.html"); }));
    results.emplace_back(name + "read ms", milliseconds([&] { Trace::parse(text); }));
    std::FILE* page = std::fopen("explaining.html", "rb");
    if (!page) return;
    std::fseek(page, 0, SEEK_END);
    results.emplace_back(name + "page kB", static_cast<double>(std::ftell(page)) / 1000);
    std::fclose(page);
    std::remove("explaining.html");
}

} // namespace

int main() {
    std::vector<std::pair<std::string, double>> results;
    measure("large: ", network(40, 41), results);
    measure("small: ", network(2, 2), results);
    bench::print(results);
}
