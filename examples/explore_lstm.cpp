// An LSTM cell, unrolled over a sequence: every step reads the same weights, and what the steps bring to them adds up.
//   build/release/examples/explore_lstm
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "support/explore.hpp"

using namespace xg;

namespace {

constexpr Index inputs = 2, hidden = 2;

// One step as the formulas have it, so that every gate is a node to look at.
struct Cell : nn::Module {
    nn::Parameter weight_ih{randn({4 * hidden, inputs}) * 0.5}, weight_hh{randn({4 * hidden, hidden}) * 0.5},
        bias{zeros({4 * hidden})};

    std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& h, const Tensor& c) {
        const Tensor gates = linear(x, weight_ih, bias) + linear(h, weight_hh);
        const auto gate = [&](Index i) { return slice(gates, 1, i * hidden, (i + 1) * hidden); };
        Tensor in = sigmoid(gate(0)), forget = sigmoid(gate(1)), candidate = tanh(gate(2)), out = sigmoid(gate(3));
        Tensor next = forget * c + in * candidate;
        return {out * tanh(next), next};
    }
    XGRAD_MODULE(weight_ih, weight_hh, bias)
};

struct Reader : nn::Module {
    Cell cell;
    nn::Linear head{hidden, 1};
    Tensor read(const std::vector<Tensor>& sequence) {
        Tensor h = zeros({1, hidden}), c = zeros({1, hidden});
        for (std::size_t step = 0; step < sequence.size(); ++step) {
            std::tie(h, c) = cell(sequence[step], h, c);
            h.label("h" + std::to_string(step + 1)), c.label("c" + std::to_string(step + 1));
        }
        return head(h);
    }
    XGRAD_MODULE(cell, head)
};

} // namespace

int main() { // --quick changes nothing: it takes no time
    manual_seed(11);
    const TraceTensors keep; // values and modules of everything from here on
    Reader net;
    net.parameters(); // names them
    std::vector<Tensor> sequence;
    for (int step = 0; step < 3; ++step) sequence.push_back(randn({1, inputs}).label("x" + std::to_string(step + 1)));
    Tensor y = net.read(sequence);
    Tensor L = nn::half_squared_error(y, full({1, 1}, 1.0));
    y.label("y"), L.label("L");

    const Explanation run = explain(L);
    const Trace& trace = run.trace();
    L.backward();

    // A row of the ledger for every step of the sequence, the last step first.
    bool right = true;
    for (const char* weight : {"cell.weight_ih", "cell.weight_hh"}) {
        const std::size_t node = trace.find(weight);
        std::vector<double> sum(trace.tensors[trace.nodes[node].value_tensor].values.size(), 0.0);
        std::cout << "dL/d" << weight << "\n";
        std::size_t step = sequence.size();
        for (const std::size_t row : ledger(trace, node)) {
            const TraceTensor& product = trace.tensors[trace.events[row].product_tensor];
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += product.values[i];
            std::cout << "  step " << step-- << " brings a gradient of norm " << product.statistics.norm << "\n";
        }
        const Tensor expected =
            (std::string(weight) == "cell.weight_ih" ? net.cell.weight_ih : net.cell.weight_hh).grad();
        const std::vector<double> whole = expected.to_vector();
        double distance = 0;
        for (std::size_t i = 0; i < sum.size(); ++i) distance = std::max(distance, std::abs(sum[i] - whole[i]));
        std::cout << "  their sum is the gradient, to " << distance << "\n";
        right = right && distance < 1e-6 && ledger(trace, node).size() == sequence.size();
    }
    std::cout << "\nwhat adds up to h3[0,1]:\n" << run.element("h3", {0, 1}).text();
    return example::show(run, "explore_lstm") | (right ? 0 : 1);
}
