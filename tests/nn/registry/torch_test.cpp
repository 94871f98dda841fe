// Values, gradients and names of every module that PyTorch has, too: write_torch.py has stored what it computes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "nn/registry/entry.hpp"
#include "nn/stored.hpp"

using namespace xg;
using namespace xg::test;
using nlohmann::json;

namespace {

std::string dtype_name(const Tensor& x) { return is_floating(x.dtype()) ? "float64" : "int64"; }

/// The instances as write_torch.py reads them.
void list_instances(const std::string& path) {
    json all = json::array();
    for (const ModuleEntry& entry : module_entries()) {
        for (const Instance& it : entry.instances) {
            if (it.options.torch.empty()) continue;
            json inputs = json::array();
            for (std::size_t i = 0; i < it.inputs.size(); ++i) {
                const Tensor& x = it.inputs[i];
                const bool held = std::count(it.options.held.begin(), it.options.held.end(), i) > 0;
                const std::vector<Index> sizes(x.shape().begin(), x.shape().end());
                inputs.push_back({{"shape", sizes},
                                  {"numbers", x.to_vector()},
                                  {"dtype", dtype_name(x)},
                                  {"gradient", is_floating(x.dtype()) && !held}});
            }
            all.push_back({{"torch", it.options.torch}, {"inputs", inputs}});
        }
    }
    std::ofstream(path) << all;
}

std::vector<double> digest(const Tensor& t) {
    std::vector<double> all;
    append_digest(all, t);
    return all;
}

void compare(const Instance& it, const json& expected) {
    const auto m = it.make();
    fill_with_waves(*m);
    std::map<std::string, std::vector<Index>> names;
    for (const auto& [name, t] : m->state_dict()) names[name] = {t.shape().begin(), t.shape().end()};
    CHECK(json(names) == expected.at("state"));
    m->eval();
    Tensors inputs;
    for (std::size_t i = 0; i < it.inputs.size(); ++i) {
        inputs.push_back(it.inputs[i].detach().clone());
        if (is_floating(inputs[i].dtype()) && std::count(it.options.held.begin(), it.options.held.end(), i) == 0)
            inputs[i].requires_grad(true);
    }
    const Tensor y = it.call(*m, inputs);
    y.backward(wave(y.shape(), 3));
    std::map<std::string, std::vector<double>> got{{"value", digest(y)}};
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].has_grad()) got["input " + std::to_string(i)] = digest(inputs[i].grad());
    for (const auto& [name, p] : m->named_parameters())
        if (p.has_grad()) got[name] = digest(p.grad());
    const auto wanted = expected.at("numbers").get<std::map<std::string, std::vector<double>>>();
    for (const auto& item : wanted) {
        const auto& name = item.first;
        const auto& numbers = item.second;
        REQUIRE_MESSAGE(got.contains(name), it.code << " has no " << name);
        CHECK_MESSAGE(largest_difference(got[name], numbers) < 1e-9,
                      it.code << ": " << name << " is " << json(got[name]) << ", PyTorch's " << json(numbers));
    }
    CHECK(got.size() == wanted.size());
}

} // namespace

TEST_CASE("modules: values, gradients, names and shapes are PyTorch's") {
    if (const char* path = std::getenv("XGRAD_LIST_MODULES")) list_instances(path);
    const auto stored = test::stored<json>("nn/registry/torch.json");
    CHECK(stored.size() > 80);
    for (const ModuleEntry& entry : module_entries()) {
        for (const Instance& it : entry.instances) {
            if (it.options.torch.empty()) continue;
            CAPTURE(it.code);
            if (!stored.contains(it.options.torch)) {
                FAIL_CHECK("torch.json has no " << it.options.torch << ": run write_torch.py");
                continue;
            }
            try {
                compare(it, stored.at(it.options.torch));
            } catch (const std::exception& e) { FAIL_CHECK(it.code << " threw " << e.what()); }
        }
    }
}
