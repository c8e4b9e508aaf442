// A bearer token goes to its own server only: which Location of a WHIP answer is that server's.
#include <cstdio>

#include "common/http_client.h"

int main() {
  const struct {
    const char* a;
    const char* b;
    bool is_same;
  } cases[] = {
      {"https://room.example/whip/v1", "https://room.example/whip/v1/1", true},
      {"https://room.example/whip/v1", "https://ROOM.example:443/other", true},
      {"http://127.0.0.1:7880/whip/v1", "http://127.0.0.1:7880/whip/v1/PA_1", true},
      {"https://room.example/whip/v1", "http://room.example/whip/v1/1", false},
      {"https://room.example/whip/v1", "https://room.example:8443/whip/v1/1", false},
      {"https://room.example/whip/v1", "https://room.example.evil.example/whip/v1/1", false},
      {"https://room.example/whip/v1", "https://room.example@evil.example/whip/v1/1", false},
      {"https://room.example/whip/v1", "https://evil.example/?https://room.example/", false},
      {"https://room.example/whip/v1", "file:///etc/passwd", false},
      {"https://room.example/whip/v1", "", false},
      {"", "", false},
  };
  int failed = 0;
  for (const auto& row : cases) {
    if (example::is_same_origin(row.a, row.b) == row.is_same) continue;
    std::printf("'%s' and '%s': not %s\n", row.a, row.b,
                row.is_same ? "one origin" : "two origins");
    ++failed;
  }
  // Whom a report names is who answers there.
  const char* const hosts[][2] = {
      {"https://SFU.example:8443/whip", "sfu.example"},
      {"https://room.example@evil.example/", "evil.example"},
      {"https://room.example:443@evil.example/", "evil.example"},
      {"https://[2001:db8::1]:8443/whip", "[2001:db8::1]"},
      {"nonsense://", ""},
      {"", ""},
  };
  for (const auto& [url, host] : hosts) {
    if (example::host_of(url) == host) continue;
    std::printf("'%s' is not of '%s' but of '%s'\n", url, host, example::host_of(url).c_str());
    ++failed;
  }
  return failed == 0 ? 0 : 1;
}
