// What a phone measured, as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/phone.h"

namespace example {

nlohmann::json report_of(const Phone& phone);

// The fields of a message whose names begin with X-.
nlohmann::json x_headers(voxlock_context* ctx, std::string_view message);

// Throws std::runtime_error where the file cannot be written; does nothing for an empty path.
void write_report(const std::string& path, const nlohmann::json& report);

}  // namespace example
