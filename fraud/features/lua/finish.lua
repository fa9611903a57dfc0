-- ARGV: prefix, memory, two spans, the epoch being built. KEYS[1]: the epoch in force, KEYS[2]: the one being built,
-- KEYS[3]: the journal. Applies some of the journal; where none is left the new epoch is in force from here on.
-- 'LOST' where somebody else builds, 'MORE', or 'DONE'.
local epoch = ARGV[5]
if redis.call('GET', KEYS[2]) ~= epoch then return 'LOST' end
for _ = 1, 100 do
  local packed = redis.call('LINDEX', KEYS[3], 0)
  if not packed then
    redis.call('SET', KEYS[1], epoch)
    redis.call('DEL', KEYS[2])
    return 'DONE'
  end
  tell(epoch, cmsgpack.unpack(packed))
  redis.call('LPOP', KEYS[3])
end
return 'MORE'
