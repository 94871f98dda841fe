#include <nn/train/early_stop.hpp>

#include <cmath>

#include <autograd/error.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;

TEST_CASE("EarlyStop waits for as many epochs without a better loss as its patience") {
    nn::EarlyStop enough({.patience = 2});
    CHECK_FALSE(enough(1.0));
    CHECK_FALSE(enough(1.5));
    CHECK_FALSE(enough(0.9)); // better: the count starts again
    CHECK(enough.improved());
    CHECK_FALSE(enough(0.9));
    CHECK_FALSE(enough.improved());
    CHECK(enough(0.95));
    CHECK(enough.best() == 0.9);
}

TEST_CASE("EarlyStop takes only what is lower by more than min_delta for better") {
    nn::EarlyStop enough({.patience = 1, .min_delta = 0.5});
    CHECK_FALSE(enough(2.0));
    CHECK_FALSE(enough(1.25));
    CHECK(enough(0.75));
    CHECK(enough.best() == 1.25);
}

TEST_CASE("EarlyStop does not take NaN for better") {
    nn::EarlyStop enough({.patience = 1});
    CHECK(enough(std::nan("")));
}

TEST_CASE("EarlyStop refuses a patience and a min_delta that make no sense") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { nn::EarlyStop({.patience = 0}); });
    CHECK_SAYS(text, "patience is 0");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ValueError>([] { nn::EarlyStop({.min_delta = std::nan("")}); }), "min_delta is nan");
}
