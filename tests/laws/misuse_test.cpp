// Refused calls: the declared kind of error, the declared words, the line of the caller, and nothing left behind.
#include <doctest/doctest.h>

#include <autograd/error.hpp>
#include <autograd/memory.hpp>
#include <autograd/site.hpp>

#include "laws/law.hpp"

namespace xg::laws {
namespace {

// "at <file>:<line>", the file being one where misuse is written down.
bool names_the_line(const std::string& message) {
    const auto at = message.rfind("\n  at ");
    if (at == std::string::npos) return false;
    const std::string place = message.substr(at);
    const auto colon = place.rfind(':');
    return place.find("autograd/ops/") != std::string::npos && place.find(".cpp:") != std::string::npos &&
           std::stoi(place.substr(colon + 1)) > 0;
}

// What is wrong with the refusal; empty if nothing.
std::string fault_of(const Misuse& misuse) {
    try {
        misuse.call();
    } catch (const Error& e) {
        const std::string message = e.what();
        if (e.kind() != misuse.kind) return fmt::format("{} instead of {}: {}", e.kind(), misuse.kind, message);
        if (message.find(misuse.words) == std::string::npos)
            return fmt::format("no \"{}\" in: {}", misuse.words, message);
        if (!names_the_line(message)) return fmt::format("the caller's line is not named: {}", message);
        return {};
    } catch (const std::exception& e) { return fmt::format("no xg::Error: {}", e.what()); }
    return "it was not refused";
}

template <class F>
void for_each_misuse(F f) {
    for (const OpEntry* op : all_ops()) {
        if (!op->misuse) continue;
        const auto calls = op->misuse();
        for (std::size_t i = 0; i < calls.size(); ++i) f(*op, calls[i], i);
    }
}

} // namespace

TEST_CASE("laws: a misuse raises its kind of error with its words and the caller's line") {
    for_each_misuse([](const OpEntry& op, const Misuse& misuse, std::size_t i) {
        const std::string fault = fault_of(misuse);
        CHECK_MESSAGE(fault.empty(), std::string(op.doc.name) << ", misuse " << i << ": " << fault);
    });
}

TEST_CASE("laws: a misuse leaves no memory and no open call site behind") {
    for_each_misuse([](const OpEntry& op, const Misuse& misuse, std::size_t i) {
        const auto before = memory_stats().in_use;
        CHECK_THROWS(misuse.call());
        CHECK_MESSAGE(memory_stats().in_use == before, std::string(op.doc.name) << ", misuse " << i);
        CHECK_MESSAGE(!CallSite::current(), std::string(op.doc.name) << ", misuse " << i);
    });
}

TEST_CASE("laws: every operation says how it can be misused") {
    for (const OpEntry* op : all_ops()) {
        CHECK_MESSAGE((op->misuse && !op->misuse().empty()), std::string(op->doc.name) << " has no misuse sample");
    }
}

} // namespace xg::laws
