-- ARGV: prefix, memory, two spans, reference ('' only looks), the event. KEYS[1]: the epoch in force.
-- {'COLD'}, or {'SEEN', "<at> <value> <value> ..."}: the first answer to a reference again.
local reference = ARGV[5]
local event = event_of(ARGV, 6)
local remembered = PREFIX .. 'seen:' .. event.mode .. ':' .. reference
if reference ~= '' then
  local before = redis.call('GET', remembered)
  if before then return {'SEEN', before} end
  local told = from(6)
  table.insert(told, 1, 'attempt')
  note(told)
end
local epoch = redis.call('GET', KEYS[1])
if not epoch then return {'COLD'} end
local adds = reference ~= '' and redis.call('SET', mark_of(epoch, event), '1', 'NX', 'EX', MEMORY) and true or false
local values = attempt(epoch, event, adds)
local texts = {string.format('%.17g', event.at)}
for i, value in ipairs(values) do texts[i + 1] = string.format('%.17g', value) end
local answer = table.concat(texts, ' ')
if reference ~= '' then redis.call('SET', remembered, answer, 'EX', MEMORY) end
return {'SEEN', answer}
