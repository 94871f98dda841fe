#pragma once
#include <cstddef>
#include <new>

#include <autograd/error.hpp>
#include <autograd/site.hpp>

namespace xg {

/// What the allocator throws: a MemoryError that knows what was asked for, until an operation adds its name.
class Shortage : public MemoryError {
public:
    explicit Shortage(std::size_t bytes);
    std::size_t bytes() const { return bytes_; }

private:
    std::size_t bytes_;
};

/// Who asked for memory, and the user's line. No strings: there may be no memory for them.
struct Asker {
    const char* name;
    Site site;
    const char* prefix = "";
};

/// Throws the MemoryError of who asked: the bytes (0: unknown), what is held, and the cure.
[[noreturn, gnu::cold]] void fail_for_memory(const Asker& asker, std::size_t bytes);

/// `f()`; memory that cannot be had within it becomes the MemoryError of `asker()`.
template <class F, class Who>
[[gnu::always_inline]] inline decltype(auto) naming_shortage(F&& f, Who asker) {
    try {
        return f();
    } catch (const Shortage& shortage) { fail_for_memory(asker(), shortage.bytes()); } catch (const std::bad_alloc&) {
        fail_for_memory(asker(), 0);
    }
}

} // namespace xg
