#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <autograd/engine/node.hpp>
#include <autograd/kernels/strided.hpp>
#include <autograd/number_text_internal.hpp>
#include <autograd/tensor.hpp>

// NumPy's array2string with its default options. The numbers that are shown become words of one width, and the words
// are laid out in brackets.
namespace xg {
namespace {

constexpr Index threshold = 1000; // more numbers than this, and the middle of long axes is left out
constexpr Index edge = 3;         // numbers at each end of such an axis
constexpr std::size_t line_width = 75;

struct Picture {
    Strided x;
    bool summary;

    bool cut(int axis) const { return summary && x.shape[axis] > 2 * edge; }
    Index shown(int axis) const { return cut(axis) ? 2 * edge : x.shape[axis]; }
    Index position(int axis, Index i) const { return cut(axis) && i >= edge ? x.shape[axis] - 2 * edge + i : i; }
};

template <class T>
void gather(const Picture& p, int axis, Index offset, std::vector<T>& out) {
    if (axis == p.x.rank()) return out.push_back(p.x.as<T>()[offset]);
    for (Index i = 0; i < p.shown(axis); ++i) {
        gather(p, axis + 1, offset + p.position(axis, i) * p.x.strides[axis], out);
    }
}

// A line of words, broken before a word that would pass the margin.
class Lines {
public:
    Lines(std::size_t indent, std::size_t margin) : indent_(indent), margin_(margin), line_(indent, ' ') {}
    void add(const std::string& word) {
        if (line_.size() + word.size() > margin_) {
            line_.erase(line_.find_last_not_of(' ') + 1);
            done_ += line_ + '\n';
            line_.assign(indent_, ' ');
        }
        line_ += word;
    }
    void space() { line_ += ' '; }
    std::string text() const { return (done_ + line_).substr(indent_); }

private:
    std::size_t indent_, margin_;
    std::string done_, line_;
};

std::string brackets(const Picture& p, int axis, const std::string*& word) {
    const int below = p.x.rank() - axis - 1; // axes inside these brackets
    const std::size_t indent = static_cast<std::size_t>(axis) + 1;
    std::string text;
    if (below == 0) {
        Lines lines(indent, line_width - static_cast<std::size_t>(axis) - 1);
        for (Index i = 0; i < p.shown(axis); ++i) {
            if (i > 0) lines.space();
            if (i == edge && p.cut(axis)) {
                lines.add("...");
                lines.space();
            }
            lines.add(*word++);
        }
        text = lines.text();
    } else {
        const std::string next = std::string(static_cast<std::size_t>(below), '\n') + std::string(indent, ' ');
        for (Index i = 0; i < p.shown(axis); ++i) {
            if (i > 0) text += next;
            if (i == edge && p.cut(axis)) text += "..." + next;
            text += brackets(p, axis + 1, word);
        }
    }
    return '[' + text + ']';
}

} // namespace

std::string to_string(const Tensor& t) {
    if (!t.defined()) return "undefined";
    const Impl* impl = t.impl();
    while (impl->level > 0) impl = block_of(const_cast<Impl*>(impl)).parts.primal; // inside a transform: the value
    if (impl->numel == 0) return "[]";
    const Picture picture{{impl->data, impl->dtype, impl->shape, impl->strides}, impl->numel > threshold};
    return kernels::dispatch(impl->dtype, [&]<class T>() -> std::string {
        if (impl->shape.empty()) return scalar_text(*picture.x.as<T>());
        std::vector<T> values;
        gather(picture, 0, 0, values);
        Words words = array_words(values);
        std::size_t width = 0;
        for (const std::string& word : words) width = std::max(width, word.size());
        for (std::string& word : words) word.insert(0, width - word.size(), ' ');
        const std::string* first = words.data();
        return brackets(picture, 0, first);
    });
}

std::ostream& operator<<(std::ostream& out, const Tensor& t) { return out << to_string(t); }

} // namespace xg
