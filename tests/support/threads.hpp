#pragma once
#include <autograd/threads.hpp>

namespace xg::test {

/// A number of threads for a scope.
class Threads {
public:
    explicit Threads(int n) : before_(num_threads()) { set_num_threads(n); }
    ~Threads() { set_num_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    int before_;
};

} // namespace xg::test
