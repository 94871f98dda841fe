#pragma once
#include <doctest/doctest.h>

#include <vector>

#include "support/errors.hpp"

/// That a message has these words; the whole of it is shown if it has not.
#define CHECK_SAYS(text, part)                                                                        \
    do {                                                                                              \
        const std::string said = (text);                                                              \
        CHECK_MESSAGE(xg::test::contains(said, part), "no '" << (part) << "' in the text: " << said); \
    } while (false)

namespace xg::test {

using Numbers = std::vector<double>;
using Names = std::vector<std::string>;

template <class List>
Names names_of(const List& named) {
    Names names;
    for (const auto& item : named) names.push_back(item.first);
    return names;
}

} // namespace xg::test
