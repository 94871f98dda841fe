// The rates of all schedules against those in rates.json, which write_rates.py has from PyTorch.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <memory>

#include "nn/says.hpp"
#include "nn/stored.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;

namespace {

using Owned = std::vector<std::shared_ptr<nn::Schedule>>; // the last one is stepped, the others are its parts
using Make = std::function<Owned(nn::Optimizer&)>;

template <class S, class... X>
Make make(const X&... x) {
    return [=](nn::Optimizer& o) { return Owned{std::make_shared<S>(o, x...)}; };
}

const std::map<std::string, Make>& makers() {
    static const std::map<std::string, Make> all{
        {"lambda", make<nn::LambdaLR>([](Index e) { return 1.0 / static_cast<double>(1 + e); })},
        {"multiplicative", make<nn::MultiplicativeLR>([](Index e) { return 1 - static_cast<double>(e) / 20; })},
        {"step", make<nn::StepLR>(4, nn::StepLROptions{.gamma = 0.3})},
        {"multi-step", make<nn::MultiStepLR>(std::vector<Index>{2, 7, 7, 9}, nn::StepLROptions{.gamma = 0.3})},
        {"constant", make<nn::ConstantLR>(nn::ConstantLROptions{.factor = 0.2, .total_iters = 6})},
        {"linear",
         make<nn::LinearLR>(nn::LinearLROptions{.start_factor = 0.2, .end_factor = 0.7, .total_iters = 6})},
        {"exponential", make<nn::ExponentialLR>(0.8)},
        {"polynomial", make<nn::PolynomialLR>(nn::PolynomialLROptions{.total_iters = 9, .power = 2})},
        {"cosine", make<nn::CosineAnnealingLR>(5, nn::CosineOptions{.eta_min = 0.01})},
        {"warm restarts",
         make<nn::CosineAnnealingWarmRestarts>(2, nn::WarmRestartsOptions{.T_mult = 2, .eta_min = 0.01})},
        {"warm restarts alike", make<nn::CosineAnnealingWarmRestarts>(4)},
        {"cyclic", make<nn::CyclicLR>(0.1, 0.6, nn::CyclicLROptions{.step_size_up = 3, .step_size_down = 4})},
        {"cyclic halves",
         make<nn::CyclicLR>(0.1, 0.6,
                            nn::CyclicLROptions{.step_size_up = 2, .mode = nn::CyclicMode::triangular2})},
        {"cyclic range",
         make<nn::CyclicLR>(0.1, 0.6,
                            nn::CyclicLROptions{.step_size_up = 3,
                                                .mode = nn::CyclicMode::exp_range,
                                                .gamma = 0.9,
                                                .cycle_momentum = false})},
        {"one cycle", make<nn::OneCycleLR>(0.7, 15)},
        {"one cycle linear",
         make<nn::OneCycleLR>(0.7, 15,
                              nn::OneCycleLROptions{.pct_start = 0.4, .anneal_strategy = nn::Anneal::linear})},
        {"one cycle in three",
         make<nn::OneCycleLR>(0.7, 15, nn::OneCycleLROptions{.div_factor = 10, .three_phase = true})},
        {"plateau",
         make<nn::ReduceLROnPlateau>(nn::PlateauOptions{.factor = 0.5, .patience = 1, .cooldown = 1})},
        {"plateau of highest",
         make<nn::ReduceLROnPlateau>(nn::PlateauOptions{.mode = nn::PlateauMode::max,
                                                        .factor = 0.5,
                                                        .patience = 0,
                                                        .threshold = 0.6,
                                                        .threshold_mode = nn::ThresholdMode::abs,
                                                        .min_lr = 0.01})},
        {"sequential",
         [](nn::Optimizer& o) {
             auto a = std::make_shared<nn::LinearLR>(o, nn::LinearLROptions{.start_factor = 0.1, .total_iters = 4});
             auto b = std::make_shared<nn::ExponentialLR>(o, 0.7);
             auto c = std::make_shared<nn::CosineAnnealingLR>(o, 4);
             const std::vector<Index> milestones{4, 9};
             return Owned{a, b, c, std::make_shared<nn::SequentialLR>(o, nn::Schedules{*a, *b, *c}, milestones)};
         }},
        {"chained",
         [](nn::Optimizer& o) {
             auto a = std::make_shared<nn::ConstantLR>(o, nn::ConstantLROptions{.factor = 0.1, .total_iters = 3});
             auto b = std::make_shared<nn::ExponentialLR>(o, 0.9);
             return Owned{a, b, std::make_shared<nn::ChainedScheduler>(nn::Schedules{*a, *b})};
         }},
        {"chained cosine", [](nn::Optimizer& o) {
             auto a = std::make_shared<nn::CosineAnnealingLR>(o, 6);
             auto b = std::make_shared<nn::StepLR>(o, 4, nn::StepLROptions{.gamma = 0.5});
             return Owned{a, b, std::make_shared<nn::ChainedScheduler>(nn::Schedules{*a, *b})};
         }}};
    return all;
}

struct Run {
    Run() : sgd({leaf()}, {.lr = 0.5, .momentum = 0.9}) { sgd.add_group({leaf()}, {.lr = 0.02, .momentum = 0.9}); }
    static Tensor leaf() { return zeros({1}, {.requires_grad = true}); }
    nn::SGD sgd;
};

const Numbers metrics{5, 4, 4, 3.9999, 4, 4, 4, 3, 3.5, 3.5, 3.5, 3.5, std::nan(""), 3.5};

void advance(const std::string& name, nn::Schedule& schedule) {
    auto* plateau = dynamic_cast<nn::ReduceLROnPlateau*>(&schedule);
    if (!plateau) return schedule.step();
    const double metric = metrics[static_cast<std::size_t>(schedule.epoch())];
    plateau->step(name == "plateau" ? metric : -metric);
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)) + 1e-17; }

} // namespace

TEST_CASE("every schedule gives the rates and momenta of PyTorch's, group by group") {
    for (const auto& [key, stored] : test::stored<std::map<std::string, nlohmann::json>>("nn/schedules/rates.json")) {
        const std::string name = key;
        CAPTURE(name);
        Run run;
        const Owned schedules = makers().at(name)(run.sgd);
        const auto lrs = stored.at("lr").get<std::vector<Numbers>>();
        for (std::size_t e = 0; e < lrs.size(); ++e) {
            CAPTURE(e);
            CHECK(near(run.sgd.group_lr(0), lrs[e][0]));
            CHECK(near(run.sgd.group_lr(1), lrs[e][1]));
            if (stored.contains("momentum")) {
                CHECK(near(run.sgd.momentum(0), stored.at("momentum").at(e).get<double>()));
            }
            if (e + 1 < lrs.size()) advance(name, *schedules.back());
        }
    }
}

TEST_CASE("every schedule resumes from its saved state and that of its optimizer") {
    for (const auto& [key, make_it] : makers()) {
        const std::string name = key;
        CAPTURE(name);
        Run first, second;
        const Owned a = make_it(first.sgd);
        for (int i = 0; i < 6; ++i) advance(name, *a.back());
        const Owned b = make_it(second.sgd);
        second.sgd.load_state_dict(first.sgd.state_dict());
        b.back()->load_state_dict(a.back()->state_dict());
        CHECK(second.sgd.momentum(0) == first.sgd.momentum(0));
        for (int i = 0; i < 5; ++i) {
            advance(name, *a.back());
            advance(name, *b.back());
            CHECK(b.back()->lrs() == a.back()->lrs());
            CHECK(b.back()->epoch() == 7 + i);
        }
    }
}

TEST_CASE("the state of another schedule is refused and changes nothing") {
    Run run;
    nn::StepLR step(run.sgd, 2);
    nn::ReduceLROnPlateau plateau(run.sgd);
    step.step();
    CHECK(names_of(step.state_dict()) == Names{"epoch", "base_lrs"});
    CHECK_SAYS(message_of<StateError>([&] { plateau.load_state_dict(step.state_dict()); }), "no 'best'");
    CHECK_SAYS(message_of<StateError>([&] { step.load_state_dict(run.sgd.state_dict()); }),
               "StepLR::load_state_dict: the state has no 'epoch'");
    CHECK_SAYS(message_of<StateError>([&] { step.load_state_dict(plateau.state_dict()); }),
               "expected the state of the same schedule");
    nn::SGD one({Run::leaf()}, {.lr = 0.5});
    nn::StepLR of_one(one, 2);
    CHECK_SAYS(message_of<ShapeError>([&] { step.load_state_dict(of_one.state_dict()); }), "expected 2 groups");
    CHECK(step.epoch() == 1);
}

TEST_CASE("a schedule cycles betas of Adam and refuses an optimizer without momentum") {
    nn::Adam adam({Run::leaf()}, {.lr = 0.1});
    nn::OneCycleLR one(adam, 0.5, 10);
    CHECK(adam.momentum(0) == 0.95);
    nn::Adagrad adagrad({Run::leaf()});
    CHECK_SAYS(message_of<StateError>([&] { nn::OneCycleLR(adagrad, 0.5, 10); }), "no momentum");
    nn::SGD sgd({Run::leaf()}, {.lr = 0.1});
    CHECK_SAYS(message_of<ValueError>([&] { nn::CyclicLR(sgd, 0.1, 0.5); }), "an optimizer that is made with momentum");
    nn::CyclicLR(sgd, 0.1, 0.5, {.cycle_momentum = false});
}

TEST_CASE("schedules refuse what is out of range by name and value, with the line") {
    Run run;
    nn::Optimizer& o = run.sgd;
    const auto says = [](auto f, const char* words) { CHECK_SAYS(message_of<ValueError>(f), words); };
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([&] { nn::StepLR(o, 0); });
    CHECK_SAYS(text, "StepLR: step_size is 0");
    CHECK_SAYS(text, test::here(line));
    says([&] { nn::StepLR(o, 2, {.gamma = std::nan("")}); }, "gamma is nan");
    says([&] { nn::MultiStepLR(o, {-1}); }, "a milestone is -1");
    says([&] { nn::ConstantLR(o, {.factor = 0}); }, "factor is 0");
    says([&] { nn::LinearLR(o, {.start_factor = 2}); }, "start_factor is 2");
    says([&] { nn::ExponentialLR(o, -1); }, "gamma is -1");
    says([&] { nn::PolynomialLR(o, {.total_iters = 0}); }, "total_iters is 0");
    says([&] { nn::CosineAnnealingLR(o, 0); }, "T_max is 0");
    says([&] { nn::CosineAnnealingWarmRestarts(o, 1, {.T_mult = 0}); }, "T_mult is 0");
    says([&] { nn::CyclicLR(o, -0.1, 1); }, "base_lr is -0.1");
    says([&] { nn::OneCycleLR(o, 1, 10, {.pct_start = 2}); }, "pct_start is 2");
    says([&] { nn::ReduceLROnPlateau(o, {.factor = 1}); }, "factor is 1");
    says([&] { nn::LambdaLR(o, [](Index) { return -1.0; }); }, "the next rate is -0.5");
}

TEST_CASE("a step that is refused changes neither rate nor epoch") {
    Run run;
    nn::OneCycleLR one(run.sgd, 0.5, 2);
    one.step();
    one.step();
    const double rate = run.sgd.lr();
    CHECK_SAYS(message_of<ValueError>([&] { one.step(); }), "no more than total_steps");
    CHECK(one.epoch() == 2);
    CHECK(run.sgd.lr() == rate);
    nn::ReduceLROnPlateau plateau(run.sgd);
    CHECK_SAYS(message_of<StateError>([&] { static_cast<nn::Schedule&>(plateau).step(); }), "schedule.step(loss)");
}

TEST_CASE("joined schedules refuse milestones and optimizers that do not fit") {
    Run run, other;
    nn::StepLR a(run.sgd, 2), b(run.sgd, 3), c(other.sgd, 3);
    const auto says = [](auto f, const char* words) { CHECK_SAYS(message_of<ValueError>(f), words); };
    says([&] { nn::SequentialLR(run.sgd, {a, b}, {}); }, "2 schedules and 0 milestones");
    says([&] { nn::SequentialLR(run.sgd, {a, b, b}, {5, 3}); }, "milestones are 5, 3");
    says([&] { nn::SequentialLR(run.sgd, {a, c}, {5}); }, "schedule 1 belongs to another optimizer");
    says([&] { nn::ChainedScheduler({a, c}); }, "belongs to another optimizer");
    says([&] { nn::ChainedScheduler(nn::Schedules{}); }, "there are no schedules");
}
