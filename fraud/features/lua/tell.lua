-- ARGV: prefix, memory, two spans, an epoch ('' is the one in force), what is told. KEYS[1]: the epoch in force.
-- 'COLD' where there is no epoch, else 'TOLD'.
local told = from(6)
local epoch = ARGV[5]
if epoch == '' then
  note(told)
  epoch = redis.call('GET', KEYS[1])
  if not epoch then return 'COLD' end
end
tell(epoch, told)
return 'TOLD'
