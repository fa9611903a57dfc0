-- Entities by key, and what can be told of a payment. An epoch is one whole set of states; names of epochs are numbers.
local PREFIX, MEMORY, KEPT, INSTRUMENTS_KEPT = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function key_of(epoch, mode, kind, name)
  return PREFIX .. epoch .. ':' .. mode .. ':' .. kind .. ':' .. name
end

local function load(key, new)
  local packed = redis.call('GET', key)
  if packed then return cmsgpack.unpack(packed) end
  return new()
end

local function save(key, state, seconds)
  redis.call('SET', key, cmsgpack.pack(state), 'EX', seconds)
end

local function event_of(list, first)
  return {
    mode = list[first], payment = list[first + 1], at = tonumber(list[first + 2]), amount = tonumber(list[first + 3]),
    customer = list[first + 4], seller = list[first + 5], card = list[first + 6], device = list[first + 7],
    address = list[first + 8], country = list[first + 9],
  }
end
local EVENT_LENGTH = 10

-- Entities of a payment: kind, name, how a new one looks, how long it is kept without a payment.
local function pair_name(event) return event.customer .. '\n' .. event.seller end

local function append_missing(values, number)
  for _ = 1, number do values[#values + 1] = -1 end
end

-- The values of fraud.features.state.RAW before the payment, which is then added where `adds` is true.
local function attempt(epoch, event, adds)
  local at, mode, values = event.at, event.mode, {}
  local function entity(kind, name, new, missing, seconds, look, add)
    if name == '' then return append_missing(values, missing) end
    local key = key_of(epoch, mode, kind, name)
    local state = load(key, new)
    look(state)
    if adds then
      add(state)
      save(key, state, seconds)
    end
  end
  entity('customer', event.customer, new_customer, 0, KEPT, function(state)
    look_at_customer(values, state, at, event.card, event.device, event.country)
  end, function(state) customer_attempt(state, at, event.card, event.device, event.country) end)
  entity('seller', event.seller, new_seller, 9, KEPT,
    function(state) look_at_seller(values, state, at) end, function(state) seller_attempt(state, at) end)
  entity('pair', event.seller ~= '' and pair_name(event) or '', new_pair, 2, KEPT,
    function(state) look_at_pair(values, state, at) end, function(state) pair_attempt(state, at) end)
  entity('card', event.card, new_instrument, 3, INSTRUMENTS_KEPT,
    function(state) look_at_card(values, state, at, event.customer) end,
    function(state) card_attempt(state, at, event.customer) end)
  entity('address', event.address, new_instrument, 2, INSTRUMENTS_KEPT,
    function(state) look_at_address(values, state, at, event.customer) end,
    function(state) address_attempt(state, at, event.customer) end)
  entity('device', event.device, new_instrument, 2, INSTRUMENTS_KEPT,
    function(state) look_at_device(values, state, at, event.customer) end,
    function(state) device_attempt(state, at, event.customer) end)
  return values
end

-- A payment is counted once in an epoch: '1' attempted, '2' ended as well.
local function mark_of(epoch, event) return key_of(epoch, event.mode, 'payment', event.payment) end

local function attempt_once(epoch, event)
  local mark = mark_of(epoch, event)
  if redis.call('SET', mark, '1', 'NX', 'EX', MEMORY) then
    attempt(epoch, event, true)
    return true
  end
  return false
end

local function outcome(epoch, event, ended)
  attempt_once(epoch, event)
  local mark = mark_of(epoch, event)
  if redis.call('GET', mark) == '2' then return false end
  redis.call('SET', mark, '2', 'EX', MEMORY)
  if ended == 'NEITHER' then return true end
  local key = key_of(epoch, event.mode, 'customer', event.customer)
  local state = load(key, new_customer)
  if ended == 'PAID' then
    customer_paid(state, event.at, event.amount)
  else
    customer_refused(state, event.at)
    if event.card ~= '' then
      local card_key = key_of(epoch, event.mode, 'card', event.card)
      local card = load(card_key, new_instrument)
      card_refused(card, event.at)
      save(card_key, card, INSTRUMENTS_KEPT)
    end
  end
  save(key, state, KEPT)
  return true
end

local function known_fraud(epoch, mode, customer, known_at, payment)
  local key = key_of(epoch, mode, 'customer', customer)
  local state = load(key, new_customer)
  customer_known_fraud(state, known_at, payment)
  save(key, state, KEPT)
end

local function label(epoch, event, known_at, is_fraud)
  local mark = key_of(epoch, event.mode, 'label' .. (is_fraud and '1' or '0'), event.payment)
  if not redis.call('SET', mark, '1', 'NX', 'EX', MEMORY) then return false end
  if event.seller ~= '' then
    local key = key_of(epoch, event.mode, 'seller', event.seller)
    local state = load(key, new_seller)
    seller_label(state, event.at, known_at, is_fraud)
    save(key, state, KEPT)
  end
  if is_fraud then known_fraud(epoch, event.mode, event.customer, known_at, event.payment) end
  return true
end

-- What was told, as it stands in a script's arguments and in the journal: verb, event, and what the verb adds.
local function tell(epoch, told)
  local verb, event = told[1], event_of(told, 2)
  local more = 2 + EVENT_LENGTH
  if verb == 'attempt' then return attempt_once(epoch, event) end
  if verb == 'outcome' then return outcome(epoch, event, told[more]) end
  if verb == 'label' then return label(epoch, event, tonumber(told[more]), told[more + 1] == '1') end
  return known_fraud(epoch, event.mode, event.customer, tonumber(told[more]), event.payment)
end

-- While an epoch is being built, everything is written down for it too.
local function note(told)
  if redis.call('EXISTS', PREFIX .. 'building') == 1 then
    redis.call('RPUSH', PREFIX .. 'journal', cmsgpack.pack(told))
    redis.call('EXPIRE', PREFIX .. 'journal', MEMORY)
  end
end

local function from(first)
  local told = {}
  for i = first, #ARGV do told[#told + 1] = ARGV[i] end
  return told
end
