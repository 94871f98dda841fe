#pragma once
#include <explorer/explorer.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace example {

/// Prints both passes and the check, and writes the trace and its page. Returns what `main` returns: 0 if every number is right.
inline int show(const xg::Explanation& run, const std::string& name) {
    std::cout << run.text() << "\n" << run.check({.results = false}).text() << "\n";
    std::ofstream(name + ".json") << run.json();
    run.html(name + ".html");
    std::cout << "trace: " << name << ".json  (xgrad-explore " << name << ".json)\n"
              << "page:  " << std::filesystem::absolute(name + ".html").string() << "\n";
    return run.check().pass() ? 0 : 1;
}

/// Says whether a number is the one of the course.
inline bool golden(const char* what, double is, double expected) {
    const bool right = std::abs(is - expected) <= 1e-12;
    std::cout << what << " = " << is << (right ? "" : "  WRONG, expected ") << (right ? "" : std::to_string(expected))
              << "\n";
    return right;
}

} // namespace example
