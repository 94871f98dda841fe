#include "nn/registry/training.hpp"

namespace xg::test {

const std::vector<TrainingEntry>& schedule_entries() {
    static const std::vector<TrainingEntry> all{
        {.name = "ChainedScheduler",
         .torch = "torch.optim.lr_scheduler.ChainedScheduler",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::ConstantLR half(sgd, "
                    "{.factor = 0.5, .total_iters = 2});\nnn::ExponentialLR fall(sgd, 0.5);\nnn::ChainedScheduler "
                    "schedule({half, fall});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << "
                    "schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.05 0.025 0.025 0.0125 0.00625 0.003125"},
        {.name = "ConstantLR",
         .torch = "torch.optim.lr_scheduler.ConstantLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::ConstantLR schedule(sgd, "
                    "{.factor = 0.5, .total_iters = 3});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << "
                    "schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.05 0.05 0.05 0.1 0.1 0.1"},
        {.name = "CosineAnnealingLR",
         .torch = "torch.optim.lr_scheduler.CosineAnnealingLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::CosineAnnealingLR "
                    "schedule(sgd, 5);\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << schedule.lr() << "
                    "\" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.0904508 0.0654508 0.0345492 0.00954915 0"},
        {.name = "CosineAnnealingWarmRestarts",
         .torch = "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
         .snippet =
             "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = "
             "0.1});\nnn::CosineAnnealingWarmRestarts schedule(sgd, 3);\nfor (int epoch = 0; epoch < 6; "
             "++epoch) {\n    std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.075 0.025 0.1 0.075 0.025"},
        {.name = "CyclicLR",
         .torch = "torch.optim.lr_scheduler.CyclicLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::CyclicLR schedule(sgd, "
                    "0.1, 0.5, {.step_size_up = 2, .cycle_momentum = false});\nfor (int epoch = 0; epoch < 6; ++epoch) "
                    "{\n    std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.3 0.5 0.3 0.1 0.3"},
        {.name = "ExponentialLR",
         .torch = "torch.optim.lr_scheduler.ExponentialLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::ExponentialLR "
                    "schedule(sgd, 0.5);\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << schedule.lr() << "
                    "\" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.05 0.025 0.0125 0.00625 0.003125"},
        {.name = "LambdaLR",
         .torch = "torch.optim.lr_scheduler.LambdaLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::LambdaLR schedule(sgd, "
                    "[](Index epoch) { return 1.0 / static_cast<double>(1 + epoch); });\nfor (int epoch = 0; epoch < "
                    "6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.05 0.0333333 0.025 0.02 0.0166667"},
        {.name = "LinearLR",
         .torch = "torch.optim.lr_scheduler.LinearLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::LinearLR schedule(sgd, "
                    "{.start_factor = 0.2, .total_iters = 4});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.02 0.04 0.06 0.08 0.1 0.1"},
        {.name = "MultiStepLR",
         .torch = "torch.optim.lr_scheduler.MultiStepLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::MultiStepLR schedule(sgd, "
                    "{1, 4}, {.gamma = 0.5});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << "
                    "schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.05 0.05 0.05 0.025 0.025"},
        {.name = "MultiplicativeLR",
         .torch = "torch.optim.lr_scheduler.MultiplicativeLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::MultiplicativeLR "
                    "schedule(sgd, [](Index) { return 0.5; });\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.05 0.025 0.0125 0.00625 0.003125"},
        {.name = "OneCycleLR",
         .torch = "torch.optim.lr_scheduler.OneCycleLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1, .momentum = "
                    "0.9});\nnn::OneCycleLR schedule(sgd, 0.5, 6);\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.02 0.497208 0.405873 0.231319 0.0667388 2e-06"},
        {.name = "PolynomialLR",
         .torch = "torch.optim.lr_scheduler.PolynomialLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::PolynomialLR "
                    "schedule(sgd, {.total_iters = 4, .power = 2});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.05625 0.025 0.00625 0 0"},
        {.name = "ReduceLROnPlateau",
         .torch = "torch.optim.lr_scheduler.ReduceLROnPlateau",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::ReduceLROnPlateau "
                    "schedule(sgd, {.factor = 0.5, .patience = 1});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    "
                    "std::cout << schedule.lr() << \" \";\n    schedule.step(1.0);\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.1 0.1 0.05 0.05 0.025"},
        {.name = "SequentialLR",
         .torch = "torch.optim.lr_scheduler.SequentialLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::LinearLR warm_up(sgd, "
                    "{.start_factor = 0.2, .total_iters = 2});\nnn::ExponentialLR fall(sgd, 0.5);\nnn::SequentialLR "
                    "schedule(sgd, {warm_up, fall}, {2});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << "
                    "schedule.lr() << \" \";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.02 0.06 0.1 0.05 0.025 0.0125"},
        {.name = "StepLR",
         .torch = "torch.optim.lr_scheduler.StepLR",
         .snippet = "nn::Linear net(1, 1);\nnn::SGD sgd(net.parameters(), {.lr = 0.1});\nnn::StepLR schedule(sgd, 2, "
                    "{.gamma = 0.5});\nfor (int epoch = 0; epoch < 6; ++epoch) {\n    std::cout << schedule.lr() << \" "
                    "\";\n    schedule.step();\n}\nstd::cout << \"\\n\";",
         .prints = "0.1 0.1 0.05 0.05 0.025 0.025"},
    };
    return all;
}

} // namespace xg::test
