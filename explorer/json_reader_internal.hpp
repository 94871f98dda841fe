#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <autograd/error_format_internal.hpp>

namespace xg::detail {

/// Parts of a JSON file, or a FileError with the file's name and the reason. `where` names the part for the message.
class JsonReader {
public:
    explicit JsonReader(const std::string& name) : name_(name) {}

    [[noreturn]] void refuse(const std::string& why) const { fail<FileError>("{} cannot be read: {}", name_, why); }

    const nlohmann::json& member(const nlohmann::json& of, const char* key, const std::string& where) const {
        if (!of.is_object()) refuse(fmt::format("{} is no object", where));
        const auto at = of.find(key);
        if (at == of.end()) refuse(fmt::format("{} has no \"{}\"", where, key));
        return *at;
    }
    const nlohmann::json& list(const nlohmann::json& of, const char* key,
                               const std::string& where = "the trace") const {
        const nlohmann::json& found = member(of, key, where);
        if (!found.is_array()) refuse(fmt::format("\"{}\" of {} is no list", key, where));
        return found;
    }
    std::int64_t integer(const nlohmann::json& of, const char* key, const std::string& where) const {
        const nlohmann::json& x = member(of, key, where);
        if (!x.is_number_integer()) refuse(fmt::format("\"{}\" of {} is no integer", key, where));
        return x.get<std::int64_t>();
    }
    /// Empty if it is not there.
    std::string text(const nlohmann::json& of, const char* key, const std::string& where) const {
        const auto at = of.find(key);
        if (at == of.end()) return {};
        if (!at->is_string()) refuse(fmt::format("\"{}\" of {} is no text", key, where));
        return at->get<std::string>();
    }
    double real(const nlohmann::json& x, const std::string& where) const {
        if (x.is_number()) return x.get<double>();
        if (x == "nan") return std::numeric_limits<double>::quiet_NaN();
        if (x == "inf" || x == "-inf") return (x == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
        refuse(fmt::format("{} is no number", where));
    }
    std::optional<double> maybe(const nlohmann::json& of, const char* key, const std::string& where) const {
        const auto at = of.find(key);
        if (at == of.end() || at->is_null()) return std::nullopt;
        return real(*at, fmt::format("\"{}\" of {}", key, where));
    }
    /// A number of something: not negative.
    std::size_t count(const nlohmann::json& x, const std::string& where) const {
        if (!x.is_number_unsigned()) refuse(fmt::format("{} is no number from 0 on", where));
        return x.get<std::size_t>();
    }
    /// The "shape", or none; what has it can be counted.
    std::vector<std::int64_t> sizes(const nlohmann::json& of, const std::string& where) const {
        const auto at = of.find("shape");
        if (at == of.end()) return {};
        if (!at->is_array()) refuse("\"shape\" of " + where + " is no list");
        std::vector<std::int64_t> shape;
        std::int64_t elements = 1;
        for (const nlohmann::json& size : *at) {
            if (!size.is_number_integer() || size.get<std::int64_t>() < 0)
                refuse("\"shape\" of " + where + " holds no size");
            shape.push_back(size.get<std::int64_t>());
            if (__builtin_mul_overflow(elements, shape.back(), &elements))
                refuse("\"shape\" of " + where + " has more elements than can be counted");
        }
        return shape;
    }

private:
    const std::string& name_;
};

} // namespace xg::detail
