// The store in a Redis. Each write is a script that looks at the epoch first, so that a gateway
// that was taken for dead can change nothing any more (fencing). Calls block for a round trip: a
// gateway with many calls would write from a thread of its own.
#include <hiredis/hiredis.h>

#include <charconv>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "failover/call_store.h"

namespace example {
namespace {

// So long a gateway may be silent before another takes over.
constexpr const char* kLifeMs = "300";
constexpr timeval kTimeout{0, 200'000};

constexpr std::string_view kBeat =
    "if redis.call('GET','voxlock:epoch')~=ARGV[1] then return 0 end "
    "redis.call('SET','voxlock:alive',ARGV[1],'PX',ARGV[2]) return 1";
constexpr std::string_view kPut =
    "if redis.call('GET','voxlock:epoch')~=ARGV[1] then return 0 end "
    "redis.call('HSET','voxlock:calls',ARGV[2],ARGV[3]) return 1";
constexpr std::string_view kRemove =
    "if redis.call('GET','voxlock:epoch')~=ARGV[1] then return 0 end "
    "redis.call('HDEL','voxlock:calls',ARGV[2]) return 1";
// The one that takes over is alive at once, so that a third one does not.
constexpr std::string_view kTakeOver =
    "local epoch=redis.call('INCR','voxlock:epoch') "
    "redis.call('SET','voxlock:alive',epoch,'PX',ARGV[1]) return epoch";

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class RedisStore final : public CallStore {
 public:
  RedisStore(const std::string& host, uint16_t port)
      : context_(redisConnectWithTimeout(host.c_str(), port, kTimeout)) {
    if (!context_ || context_->err != 0) throw std::runtime_error("cannot connect to the store");
    if (redisSetTimeout(context_.get(), kTimeout) != REDIS_OK)
      throw std::runtime_error("the store has no timeout");
  }

  bool is_taken() override { return ask({"EXISTS", "voxlock:alive"})->integer == 1; }
  uint64_t take_over() override {
    return static_cast<uint64_t>(ask({"EVAL", kTakeOver, "0", kLifeMs})->integer);
  }
  bool beat(uint64_t epoch) override {
    return ask({"EVAL", kBeat, "0", std::to_string(epoch), kLifeMs})->integer == 1;
  }
  bool put(uint64_t epoch, uint64_t call, const std::string& record) override {
    const std::string number = std::to_string(call);
    return ask({"EVAL", kPut, "0", std::to_string(epoch), number, record})->integer == 1;
  }
  bool remove(uint64_t epoch, uint64_t call) override {
    return ask({"EVAL", kRemove, "0", std::to_string(epoch), std::to_string(call)})->integer == 1;
  }
  std::map<uint64_t, std::string> all() override {
    const Reply reply = ask({"HGETALL", "voxlock:calls"});
    std::map<uint64_t, std::string> out;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
      const std::string_view name(reply->element[i]->str, reply->element[i]->len);
      uint64_t call = 0;
      std::from_chars(name.data(), name.data() + name.size(), call);
      out[call].assign(reply->element[i + 1]->str, reply->element[i + 1]->len);
    }
    return out;
  }

 private:
  Reply ask(std::initializer_list<std::string_view> words) {
    std::vector<const char*> texts;
    std::vector<size_t> lens;
    for (const std::string_view word : words) {
      texts.push_back(word.data());
      lens.push_back(word.size());
    }
    Reply reply(static_cast<redisReply*>(redisCommandArgv(
        context_.get(), static_cast<int>(texts.size()), texts.data(), lens.data())));
    if (!reply) throw std::runtime_error("the store does not answer");
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(reply->str);
    return reply;
  }

  std::unique_ptr<redisContext, FreeContext> context_;
};

}  // namespace

std::unique_ptr<CallStore> make_call_store(const std::string& host, uint16_t port) {
  return std::make_unique<RedisStore>(host, port);
}

}  // namespace example
