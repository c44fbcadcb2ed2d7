"""What must not be torn apart, as Lua: each script takes any number of keys and answers for each of them.

A key holds an answer (`EPA1...`) or a lease, `EPL1<token>:<expires>:<owner>` with both times in microseconds. Anything
else is not ours and counts as nothing. A lease that has ended stays for a while as a mark, because the next one needs
a greater token: that is what fences its late holder off.

Replies per key: an answer as it lies there, `L<token>` for a lease granted, nothing, or 0 and 1.
"""

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    sha: str


def _script(*parts: str) -> Script:
    text = "".join(parts)
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


LEASE: Final = "EPL1"

# `seen` is the SHA-1 of a value that its reader found damaged: while it is there, it is as good as nothing.
_READ = """
local function read(key, most, seen)
  local value = redis.pcall('GET', key)
  if type(value) ~= 'string' then return end
  local kind = string.sub(value, 1, 4)
  if kind == 'EPA1' then
    if #value > most or (seen ~= '' and redis.sha1hex(value) == seen) then return end
    return value
  elseif kind == 'EPL1' then
    local token, expires, owner = string.match(value, '^EPL1(%d+):(%d+):(%w+)$')
    if token and #token < 17 and #expires < 17 then return nil, tonumber(token), tonumber(expires), owner end
  end
end
local function clock()
  local now = redis.call('TIME')
  return now[1] * 1000000 + now[2]
end
local function lease(key, token, expires, owner, keep_ms)
  redis.call('SET', key, string.format('EPL1%.0f:%.0f:%s', token, expires, owner), 'PX', keep_ms)
end
local out = {}
"""

CLAIM: Final = _script(
    _READ,
    """
local owner, lease_ms, grace_ms, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now = clock()
for i, key in ipairs(KEYS) do
  local answer, token, expires = read(key, most, ARGV[4 + i])
  if answer then
    out[i] = answer
  elseif token and expires > now then
    out[i] = false
  else
    token = math.max(now, (token or 0) + 1)
    lease(key, token, now + lease_ms * 1000, owner, lease_ms + grace_ms)
    out[i] = string.format('L%.0f', token)
  end
end
return out
""",
)

# Without a token anybody may give the first answer. With one, only a newer lease stands against it: a lease that is
# gone altogether was taken over by nobody. An empty value gives the lease back.
PUBLISH: Final = _script(
    _READ,
    """
local grace_ms, most = tonumber(ARGV[1]), tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  local a = 2 + (i - 1) * 5
  local mine, holder, value, ttl_ms, seen = tonumber(ARGV[a + 1]), ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  local answer, token, expires, by = read(key, most, seen)
  local held = token == mine and by == holder
  out[i] = answer or false
  if not answer then
    if value == '' then
      if held then lease(key, token, 0, by, grace_ms) end
    elseif not mine or not token or held or token < mine then
      redis.call('SET', key, value, 'PX', ttl_ms)
    end
  end
end
return out
""",
)

RENEW: Final = _script(
    _READ,
    """
local lease_ms, grace_ms, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = clock()
for i, key in ipairs(KEYS) do
  local mine, holder = tonumber(ARGV[2 + i * 2]), ARGV[3 + i * 2]
  local answer, token, expires, by = read(key, most, '')
  out[i] = 0
  if not answer and (not token or (token == mine and by == holder and expires > 0)) then
    lease(key, mine, now + lease_ms * 1000, holder, lease_ms + grace_ms)
    out[i] = 1
  end
end
return out
""",
)

# A bucket of requests and one of tokens, filled by the server's clock. More tokens than the bucket holds are granted
# when it is full, and leave a debt. A clock set back fills nothing, and does not stop the filling either.
TAKE: Final = _script("""
local rps, most_r, tps, most_t = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local wanted, each = tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept = redis.pcall('HMGET', KEYS[1], 'requests', 'tokens', 'at')
if kept.err then
  redis.call('DEL', KEYS[1])
  kept = {}
end
local since = math.max(0, now - (tonumber(kept[3] or nil) or now))
local r = math.min(most_r, (tonumber(kept[1] or nil) or most_r) + since * rps)
local t = math.min(most_t, (tonumber(kept[2] or nil) or most_t) + since * tps)
local need = math.min(each, most_t)
local granted = wanted
if rps > 0 then granted = math.min(granted, math.floor(r + 1e-6)) end
if tps > 0 then
  if t < need - 1e-6 then granted = 0
  elseif each > 0 then granted = math.min(granted, math.max(1, math.floor(t / each + 1e-6))) end
end
granted = math.max(0, granted)
if rps > 0 then r = r - granted else r = most_r end
if tps > 0 then t = t - granted * each else t = most_t end
local wait = 0
if granted < wanted then
  if rps > 0 then wait = math.max(wait, (1 - r) / rps) end
  if tps > 0 then wait = math.max(wait, (need - t) / tps) end
end
redis.call('HSET', KEYS[1], 'requests', string.format('%.6f', r), 'tokens', string.format('%.6f', t),
  'at', string.format('%.6f', now))
local full = 3600
if rps > 0 then full = math.max(full, (most_r - r) / rps) end
if tps > 0 then full = math.max(full, (most_t - t) / tps) end
redis.call('EXPIRE', KEYS[1], string.format('%.0f', math.ceil(full)))
return {granted, string.format('%.6f', wait)}
""")

SETTLE: Final = _script("""
if redis.pcall('HEXISTS', KEYS[1], 'tokens') == 1 then
  redis.call('HINCRBYFLOAT', KEYS[1], 'tokens', ARGV[1])
end
return {}
""")
