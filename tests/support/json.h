// A small strict JSON reader (RFC 8259) for vector files. Throws std::runtime_error on anything
// wrong, also on a missing member, so that a test fails where it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voxlock::test {

class Json {
 public:
  static Json parse(std::string_view text) {
    Parser parser{text};
    Json value = parser.value(0);
    parser.space();
    if (!parser.left.empty()) throw std::runtime_error("json: text behind the value");
    return value;
  }

  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool has(const std::string& name) const { return members_.count(name) != 0; }
  [[nodiscard]] const Json& operator[](const std::string& name) const {
    const auto at = members_.find(name);
    if (at == members_.end()) throw std::runtime_error("json: no member " + name);
    return at->second;
  }
  [[nodiscard]] const Json& operator[](size_t i) const { return items().at(i); }
  [[nodiscard]] const std::vector<Json>& items() const { return need(Kind::kArray), items_; }
  [[nodiscard]] const std::map<std::string, Json>& members() const {
    return need(Kind::kObject), members_;
  }
  [[nodiscard]] const std::string& text() const { return need(Kind::kText), text_; }
  [[nodiscard]] bool boolean() const { return need(Kind::kBoolean), text_ == "true"; }
  [[nodiscard]] double number() const {
    return need(Kind::kNumber), std::strtod(text_.c_str(), nullptr);
  }
  // A whole number, exact over 64 bits.
  [[nodiscard]] int64_t integer() const {
    need(Kind::kNumber);
    if (text_.find_first_of(".eE") != std::string::npos)
      throw std::runtime_error("json: no integer");
    return std::strtoll(text_.c_str(), nullptr, 10);
  }

 private:
  enum class Kind { kNull, kBoolean, kNumber, kText, kArray, kObject };

  struct Parser {
    std::string_view left;

    [[noreturn]] static void fail(const char* why) {
      throw std::runtime_error(std::string("json: ") + why);
    }
    void space() {
      while (!left.empty() &&
             std::string_view(" \t\r\n").find(left.front()) != std::string_view::npos) {
        left.remove_prefix(1);
      }
    }
    [[nodiscard]] char peek() const { return left.empty() ? '\0' : left.front(); }
    char take() {
      if (left.empty()) fail("unexpected end");
      const char c = left.front();
      left.remove_prefix(1);
      return c;
    }
    void expect(std::string_view word) {
      if (left.substr(0, word.size()) != word) fail("unexpected character");
      left.remove_prefix(word.size());
    }
    // True where the list goes on.
    bool separator(char close) {
      space();
      const char c = take();
      if (c != ',' && c != close) fail("expected a comma or the end of a list");
      return c == ',';
    }

    Json value(int depth) {
      if (depth > 64) fail("nested too deep");
      space();
      switch (peek()) {
        case '{':
          return object(depth);
        case '[':
          return array(depth);
        case '"':
          return Json(Kind::kText, string());
        case 't':
          return expect("true"), Json(Kind::kBoolean, "true");
        case 'f':
          return expect("false"), Json(Kind::kBoolean, "false");
        case 'n':
          return expect("null"), Json(Kind::kNull, "");
        default:
          return Json(Kind::kNumber, digits());
      }
    }
    Json object(int depth) {
      Json out(Kind::kObject, "");
      take();
      space();
      if (peek() == '}') return take(), out;
      do {
        space();
        std::string name = string();
        space();
        expect(":");
        if (!out.members_.emplace(std::move(name), value(depth + 1)).second)
          fail("duplicate member");
      } while (separator('}'));
      return out;
    }
    Json array(int depth) {
      Json out(Kind::kArray, "");
      take();
      space();
      if (peek() == ']') return take(), out;
      do out.items_.push_back(value(depth + 1));
      while (separator(']'));
      return out;
    }
    std::string digits() {
      const std::string_view start = left;
      const auto run = [this] {
        if (peek() < '0' || peek() > '9') fail("expected a digit");
        while (peek() >= '0' && peek() <= '9') take();
      };
      if (peek() == '-') take();
      if (peek() == '0')
        take();
      else
        run();
      if (peek() == '.') take(), run();
      if (peek() == 'e' || peek() == 'E') {
        take();
        if (peek() == '+' || peek() == '-') take();
        run();
      }
      return std::string(start.substr(0, start.size() - left.size()));
    }
    std::string string() {
      expect("\"");
      std::string out;
      for (char c = take(); c != '"'; c = take()) {
        if (static_cast<unsigned char>(c) < 0x20) fail("control character in a string");
        if (c != '\\')
          out += c;
        else
          escape(out);
      }
      return out;
    }
    void escape(std::string& out) {
      static constexpr std::string_view kFrom = "\"\\/bfnrt";
      static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
      const char c = take();
      if (c == 'u') return unicode(out);
      const size_t at = kFrom.find(c);
      if (at == std::string_view::npos) fail("unknown escape");
      out += kTo[at];
    }
    uint32_t code_unit() {
      uint32_t unit = 0;
      for (int i = 0; i < 4; ++i) {
        const char c = take();
        const size_t digit = std::string_view("0123456789abcdef")
                                 .find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
        if (digit == std::string_view::npos) fail("bad \\u escape");
        unit = unit * 16 + static_cast<uint32_t>(digit);
      }
      return unit;
    }
    void unicode(std::string& out) {
      uint32_t code = code_unit();
      if (code >= 0xd800 && code < 0xdc00) {
        expect("\\u");
        const uint32_t low = code_unit();
        if (low < 0xdc00 || low > 0xdfff) fail("lone surrogate");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      } else if (code >= 0xdc00 && code < 0xe000) {
        fail("lone surrogate");
      }
      const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
      if (code < 0x80) return put(code);
      if (code < 0x800) return put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
      if (code < 0x10000)
        put(0xe0 | code >> 12);
      else
        put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f));
      put(0x80 | (code >> 6 & 0x3f));
      put(0x80 | (code & 0x3f));
    }
  };

  Json(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  void need(Kind kind) const {
    if (kind_ != kind) throw std::runtime_error("json: a value of another kind");
  }

  Kind kind_;
  std::string text_;
  std::vector<Json> items_;
  std::map<std::string, Json> members_;
};

}  // namespace voxlock::test
