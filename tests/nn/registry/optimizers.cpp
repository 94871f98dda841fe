#include "nn/registry/training.hpp"

namespace xg::test {

const std::vector<TrainingEntry>& optimizer_entries() {
    static const std::vector<TrainingEntry> all{
        {.name = "ASGD",
         .torch = "torch.optim.ASGD",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::ASGD optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.511984"},
        {.name = "Adadelta",
         .torch = "torch.optim.Adadelta",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Adadelta "
                    "optimizer({w});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.990309"},
        {.name = "Adagrad",
         .torch = "torch.optim.Adagrad",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Adagrad optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.780456"},
        {.name = "Adam",
         .torch = "torch.optim.Adam",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Adam optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.701586"},
        {.name = "AdamW",
         .torch = "torch.optim.AdamW",
         .snippet =
             "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::AdamW optimizer({w}, {.lr = "
             "0.1, .weight_decay = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
             "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.675101"},
        {.name = "Adamax",
         .torch = "torch.optim.Adamax",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Adamax optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.715499"},
        {.name = "LBFGS",
         .torch = "torch.optim.LBFGS",
         .snippet = "Tensor w = tensor({-1.2, 1.0}, {.dtype = float64, .requires_grad = true});\nnn::LBFGS "
                    "optimizer({w}, {.max_iter = 100, .line_search_fn = "
                    "nn::LineSearch::strong_wolfe});\noptimizer.step([&] {\n    optimizer.zero_grad();\n    Tensor "
                    "loss = square(1 - w[0]) + 100 * square(w[1] - square(w[0])); // Rosenbrock's valley\n    "
                    "loss.backward();\n    return loss;\n});\nstd::cout << (max(abs(w - 1)).item() < 1e-3) << \"\\n\";",
         .prints = "1"},
        {.name = "Lion",
         .torch = "",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Lion optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.7"},
        {.name = "Muon",
         .torch = "",
         .snippet =
             "Tensor w = zeros({2, 2}, {.dtype = float64, .requires_grad = true});\nnn::Muon optimizer({w}, {.lr = "
             "0.1, .weight_decay = 0});\nsum(w * tensor({{3.0, 0.0}, {0.0, 5.0}})).backward();\noptimizer.step(); // "
             "the nearest orthogonal matrix, nearly: one rate for all directions\nstd::cout << (w[{0, 0}].item() < "
             "-0.05) << (w[{1, 1}].item() < -0.05) << (std::abs(w[{0, 1}].item()) < 1e-6) << \"\\n\";",
         .prints = "111"},
        {.name = "NAdam",
         .torch = "torch.optim.NAdam",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::NAdam optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.752729"},
        {.name = "RAdam",
         .torch = "torch.optim.RAdam",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::RAdam optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.462303"},
        {.name = "RMSprop",
         .torch = "torch.optim.RMSprop",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::RMSprop optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "2.54431e-12"},
        {.name = "Rprop",
         .torch = "torch.optim.Rprop",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::Rprop optimizer({w}, "
                    "{.lr = 0.1});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n    "
                    "sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.636"},
        {.name = "SGD",
         .torch = "torch.optim.SGD",
         .snippet = "Tensor w = tensor({1.0}, {.dtype = float64, .requires_grad = true});\nnn::SGD optimizer({w}, {.lr "
                    "= 0.1, .momentum = 0.9});\nfor (int step = 0; step < 3; ++step) {\n    optimizer.zero_grad();\n   "
                    " sum(square(w)).backward();\n    optimizer.step();\n}\nstd::cout << w.item() << \"\\n\";",
         .prints = "0.062"},
    };
    return all;
}

} // namespace xg::test
