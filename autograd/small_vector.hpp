#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace xg {

/// A vector whose first N elements live inside the object: what shapes, edges and gradients are made of.
template <class T, int N>
class SmallVector {
public:
    using value_type = T;
    using iterator = T*;
    using const_iterator = const T*;

    SmallVector() {
        if constexpr (plain) std::memset(static_cast<void*>(inline_), 0, sizeof inline_);
    }
    SmallVector(std::initializer_list<T> items) : SmallVector() { append(items.begin(), items.end()); }
    explicit SmallVector(std::span<const T> items) : SmallVector() { append(items.begin(), items.end()); }
    SmallVector(const SmallVector& other) { copy(other); }
    SmallVector(SmallVector&& other) noexcept { take(other); }
    SmallVector& operator=(const SmallVector& other) {
        if (this == &other) return *this;
        if constexpr (plain) {
            if (!on_heap() && !other.on_heap()) {
                copy(other);
                return *this;
            }
        }
        SmallVector fresh(other);
        return *this = std::move(fresh);
    }
    SmallVector& operator=(SmallVector&& other) noexcept {
        if (this != &other) {
            destroy();
            take(other);
        }
        return *this;
    }
    ~SmallVector() { destroy(); }

    int size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* data() { return on_heap() ? heap_ : inline_; }
    const T* data() const { return on_heap() ? heap_ : inline_; }
    T* begin() { return data(); }
    T* end() { return data() + size_; }
    const T* begin() const { return data(); }
    const T* end() const { return data() + size_; }
    T& operator[](std::int64_t i) { return data()[i]; }
    const T& operator[](std::int64_t i) const { return data()[i]; }
    T& front() { return data()[0]; }
    const T& front() const { return data()[0]; }
    T& back() { return data()[size_ - 1]; }
    const T& back() const { return data()[size_ - 1]; }

    void reserve(int n) {
        if (n > capacity_) grow(n);
    }
    void push_back(T item) {
        if (size_ == capacity_) grow(2 * capacity_);
        std::construct_at(data() + size_, std::move(item));
        ++size_;
    }
    T& emplace_back() {
        if (size_ == capacity_) grow(2 * capacity_);
        return *std::construct_at(data() + size_++);
    }
    void pop_back() {
        --size_;
        std::destroy_at(data() + size_);
    }
    void insert(std::int64_t at, T item) {
        push_back(std::move(item));
        std::rotate(begin() + at, end() - 1, end());
    }
    void erase(std::int64_t at) {
        std::move(begin() + at + 1, end(), begin() + at);
        pop_back();
    }
    void resize(int n, const T& fill = T()) {
        while (size_ > n) pop_back();
        while (size_ < n) push_back(fill);
    }
    void clear() {
        destroy();
        size_ = 0;
        capacity_ = N;
    }
    template <class I>
    void append(I first, I last) {
        for (; first != last; ++first) push_back(*first);
    }
    friend bool operator==(const SmallVector& a, const SmallVector& b) {
        if (a.size_ != b.size_) return false;
        for (int i = 0; i < a.size_; ++i) { // a few: no call of memcmp
            if (!(a[i] == b[i])) return false;
        }
        return true;
    }

private:
    // Numbers inside the object are copied all at once, used or not: that is a handful of moves and no loop.
    static constexpr bool plain = std::is_trivially_copyable_v<T> && N * sizeof(T) <= 64;

    bool on_heap() const { return capacity_ > N; }
    void copy(const SmallVector& other) { // *this holds nothing on the heap
        if constexpr (plain) {
            if (!other.on_heap()) {
                size_ = other.size_;
                std::memcpy(static_cast<void*>(inline_), other.inline_, sizeof inline_);
                return;
            }
        }
        append(other.begin(), other.end());
    }
    void grow(int capacity) {
        T* fresh = std::allocator<T>().allocate(static_cast<std::size_t>(capacity));
        std::uninitialized_move(begin(), end(), fresh);
        std::destroy(begin(), end());
        if (on_heap()) std::allocator<T>().deallocate(heap_, static_cast<std::size_t>(capacity_));
        heap_ = fresh;
        capacity_ = capacity;
    }
    void destroy() {
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy(begin(), end());
        if (on_heap()) std::allocator<T>().deallocate(heap_, static_cast<std::size_t>(capacity_));
    }
    void take(SmallVector& other) { // *this holds nothing; other is left empty
        size_ = other.size_;
        capacity_ = other.capacity_;
        if (on_heap()) {
            heap_ = other.heap_;
        } else if constexpr (plain) {
            std::memcpy(static_cast<void*>(inline_), other.inline_, sizeof inline_);
        } else {
            std::uninitialized_move(other.inline_, other.inline_ + size_, inline_);
            std::destroy(other.inline_, other.inline_ + size_);
        }
        other.size_ = 0;
        other.capacity_ = N;
    }

    int size_ = 0;
    int capacity_ = N;
    union {
        T inline_[N];
        T* heap_;
    };
};

} // namespace xg
