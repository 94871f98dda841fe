#include <nn/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/parameter.hpp>
#include <autograd/write_file_internal.hpp>
#include <nn/numbers_internal.hpp>

namespace xg::nn {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t length_bytes = 8;            // of the table, little-endian
constexpr std::uint64_t longest_table = 100'000'000; // as in the format's reference implementation

struct Format {
    DType dtype;
    const char* name;
};
constexpr std::array formats{Format{float32, "F32"}, Format{float64, "F64"}, Format{int64, "I64"},
                             Format{boolean, "BOOL"}};

const char* format_of(DType dtype) {
    return std::find_if(formats.begin(), formats.end(), [&](const Format& f) { return f.dtype == dtype; })->name;
}

// A tensor as the table describes it.
struct Listed {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t begin, end;
};

[[noreturn]] void damaged(const std::string& path, const std::string& why) {
    fail<FileError>("load(\"{}\"): {}\n  expected a safetensors file", path, why);
}

class Reader {
public:
    explicit Reader(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::ate) {
        if (!file_) fail<FileError>("load(\"{}\"): the file cannot be opened", path);
        size_ = static_cast<std::uint64_t>(file_.tellg());
        file_.seekg(0);
        read_table();
    }

    const std::vector<Listed>& listed() const { return listed_; }

    StateDict tensors() {
        NamedTensors items;
        for (const Listed& l : listed_) {
            Tensor t = zeros(l.shape, {.dtype = l.dtype});
            file_.seekg(static_cast<std::streamoff>(data_ + l.begin));
            if (l.end > l.begin) read(static_cast<char*>(mutable_data(t)), l.end - l.begin);
            if (l.dtype == boolean) require_booleans(l, t);
            items.emplace_back(l.name, std::move(t));
        }
        return items;
    }

private:
    void read(char* to, std::uint64_t count) {
        if (!file_.read(to, static_cast<std::streamsize>(count))) damaged(path_, "the file ends too early");
    }

    void read_table() {
        std::array<unsigned char, length_bytes> bytes{};
        if (size_ < length_bytes) damaged(path_, fmt::format("the file has {} bytes", size_));
        read(reinterpret_cast<char*>(bytes.data()), length_bytes);
        std::uint64_t length = 0;
        for (std::size_t i = 0; i < length_bytes; ++i) length |= std::uint64_t{bytes[i]} << (8 * i);
        if (length > size_ - length_bytes || length > longest_table) {
            damaged(path_, fmt::format("its table would have {} bytes, and the file has {}", length, size_));
        }
        std::string text(length, '\0');
        read(text.data(), length);
        data_ = length_bytes + length;
        const Json table = parsed(text);
        for (const auto& [name, entry] : table.items()) {
            if (name != "__metadata__") listed_.push_back(listed(name, entry));
        }
        check_places();
    }

    // The table; a name that stands there twice would silently win over the first.
    Json parsed(const std::string& text) {
        std::set<std::string> names;
        const auto once = [&](int depth, Json::parse_event_t event, Json& value) {
            if (depth == 1 && event == Json::parse_event_t::key && !names.insert(value.get<std::string>()).second) {
                damaged(path_, fmt::format("'{}' is listed twice", value.get<std::string>()));
            }
            if (depth > 8) damaged(path_, "its table is nested too deeply");
            return true;
        };
        Json table;
        try {
            table = Json::parse(text, once);
        } catch (const Json::exception&) { damaged(path_, "its table is no JSON"); }
        if (!table.is_object()) damaged(path_, "its table is no JSON object");
        return table;
    }

    Listed listed(const std::string& name, const Json& entry) {
        try {
            Listed l{name, dtype_of(name, entry.at("dtype").get<std::string>()), {}, 0, 0};
            std::uint64_t bytes = size_of(l.dtype);
            for (const Json& n : entry.at("shape")) {
                if (!n.is_number_unsigned()) damaged(path_, fmt::format("'{}' has a size that is no number", name));
                const auto size = n.get<std::uint64_t>();
                if (size > 0 && bytes > std::numeric_limits<std::int64_t>::max() / size) {
                    damaged(path_, fmt::format("'{}' is larger than any memory", name));
                }
                bytes *= size;
                l.shape.push_back(static_cast<Index>(size));
            }
            const Json& place = entry.at("data_offsets");
            if (!place.is_array() || place.size() != 2 || !place[0].is_number_unsigned() ||
                !place[1].is_number_unsigned()) {
                damaged(path_, fmt::format("'{}' has no place in the file", name));
            }
            l.begin = place[0].get<std::uint64_t>();
            l.end = place[1].get<std::uint64_t>();
            if (l.end < l.begin || l.end > size_ - data_ || l.end - l.begin != bytes) {
                damaged(path_, fmt::format("'{}' of shape {} has {} bytes and its place is {} to {} of {}", name,
                                           l.shape.str(), bytes, l.begin, l.end, size_ - data_));
            }
            return l;
        } catch (const Json::exception&) { damaged(path_, fmt::format("'{}' has no dtype, shape and place", name)); }
    }

    DType dtype_of(const std::string& name, const std::string& format) {
        for (const Format& f : formats) {
            if (format == f.name) return f.dtype;
        }
        fail<FileError>("load(\"{}\"): '{}' has dtype {}\n  expected F32, F64, I64 or BOOL", path_, name, format);
    }

    // One after the other, without holes, to the end of the file.
    void check_places() {
        std::stable_sort(listed_.begin(), listed_.end(),
                         [](const Listed& a, const Listed& b) { return a.begin < b.begin; });
        std::uint64_t at = 0;
        for (const Listed& l : listed_) {
            if (l.begin != at) damaged(path_, fmt::format("'{}' begins at {} instead of {}", l.name, l.begin, at));
            at = l.end;
        }
        if (at != size_ - data_) damaged(path_, fmt::format("{} bytes belong to no tensor", size_ - data_ - at));
    }

    void require_booleans(const Listed& l, const Tensor& t) {
        const auto* bytes = static_cast<const unsigned char*>(t.data());
        if (std::all_of(bytes, bytes + t.numel(), [](unsigned char b) { return b <= 1; })) return;
        damaged(path_, fmt::format("'{}' has booleans that are neither 0 nor 1", l.name));
    }

    std::string path_;
    std::ifstream file_;
    std::uint64_t size_ = 0, data_ = 0;
    std::vector<Listed> listed_;
};

// What differs between the names and shapes of a model and those of a file, one a line.
std::string differences(const StateDict& model, const std::vector<Listed>& file) {
    std::string lines;
    const auto find = [&](const std::string& name) {
        return std::find_if(file.begin(), file.end(), [&](const Listed& l) { return l.name == name; });
    };
    for (const auto& [name, t] : model) {
        const auto at = find(name);
        if (at == file.end()) lines += fmt::format("\n  missing: '{}' {}", name, t.shape().str());
        else if (!(at->shape == t.shape())) {
            lines += fmt::format("\n  shape: '{}' is {} in the file and {} in the model", name, at->shape.str(),
                                 t.shape().str());
        }
    }
    for (const Listed& l : file) {
        if (!model.contains(l.name)) lines += fmt::format("\n  too many: '{}' {}", l.name, l.shape.str());
    }
    return lines;
}

std::string bytes_of(const StateDict& state) {
    Json table = Json::object();
    std::uint64_t at = 0;
    for (const auto& [name, t] : state) {
        if (name == "__metadata__" || table.contains(name)) {
            fail<StateError>("save: the name '{}' cannot be written\n  expected each name once", name);
        }
        const std::uint64_t bytes = static_cast<std::uint64_t>(t.numel()) * size_of(t.dtype());
        Json shape = Json::array();
        for (const Index n : t.shape()) shape.push_back(n);
        table[name] = {
            {"dtype", format_of(t.dtype())}, {"shape", std::move(shape)}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    }
    std::string text = table.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // numbers begin at a multiple of 8
    std::string all;
    all.reserve(length_bytes + text.size() + at);
    for (std::size_t i = 0; i < length_bytes; ++i) all += static_cast<char>(text.size() >> (8 * i) & 0xff);
    all += text;
    for (const auto& [name, t] : state) {
        const Tensor plain = plain_numbers(t, t.dtype());
        all.append(static_cast<const char*>(plain.data()), static_cast<std::size_t>(t.numel()) * size_of(t.dtype()));
    }
    return all;
}

} // namespace

void save(const StateDict& state, const std::string& path, Site site) {
    const CallSite here(site);
    write_file("save", path, bytes_of(state));
}
void save(const Module& model, const std::string& path, Site site) {
    const CallSite here(site);
    save(model.state_dict(), path, site);
}

StateDict load_state(const std::string& path, Site site) {
    const CallSite here(site);
    return Reader(path).tensors();
}

void load(Module& model, const std::string& path, Site site) {
    const CallSite here(site);
    Reader reader(path);
    if (const std::string lines = differences(model.state_dict(), reader.listed()); !lines.empty()) {
        fail<StateError>("load(\"{}\"): the file is not of this model, {}{}", path, model.class_name(), lines);
    }
    model.load_state_dict(reader.tensors(), {}, site);
}

} // namespace xg::nn
