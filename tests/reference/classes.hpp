#pragma once
#include <map>
#include <string>
#include <vector>

// What the headers say of a class.
namespace xg::reference {

struct Class {
    std::string base;                      ///< "Module", "OptimizerOf"
    std::string comment;                   ///< above it, without slashes, with its indentation
    std::vector<std::string> constructors; ///< without their bodies and the argument that is for messages
    std::vector<std::string> members;      ///< Parameters and Buffers with their comments
    std::string text;                      ///< all of it
};
/// The classes at the left margin of all headers of nn and of the operations.
const std::map<std::string, Class>& classes();

/// What the class and what it derives from say of themselves, as Markdown: formulas in blocks.
std::string comment_of(const std::string& name);
/// Its constructors, or those of a base that it takes over, under its name.
std::vector<std::string> constructors_of(const std::string& name);
/// The members of the class and its bases.
std::vector<std::string> members_of(const std::string& name);
/// The options that its constructors take, as they are declared.
std::vector<std::string> options_of(const std::string& name);

} // namespace xg::reference
