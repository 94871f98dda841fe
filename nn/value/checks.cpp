#include <autograd/error_format_internal.hpp>
#include <nn/value/checks_internal.hpp>

namespace xg::nn {

void require_size(const std::string& name, Index size) {
    if (size < 1) fail<ValueError>("{} is {}\n  expected 1 or more", name, size);
}

void require_inputs(const char* function, const Inputs& x, const Neuron& first) {
    if (first.w.empty()) refuse_empty("Neuron", "weights");
    if (x.size() == first.w.size()) return;
    fail<ShapeError>(
        "{}(x): x has size {} and the neurons that read it have {} weights each\n  expected one entry a weight",
        function, x.size(), first.w.size());
}

void refuse_empty(const char* function, const char* parts) {
    fail<StateError>("{}: there are no {}\n  expected one that has not been moved away", function, parts);
}

void append(std::vector<Value>& to, const std::vector<Value>& more) { to.insert(to.end(), more.begin(), more.end()); }

} // namespace xg::nn
