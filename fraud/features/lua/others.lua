-- fraud/features/sellers.py and fraud/features/instruments.py in Lua, the same operations in the same order.
local S_FIRST_AT, S_RUN, S_RUN_SINCE, S_RUN_LAST, S_GENUINE_LAST, S_DAYS = 1, 2, 3, 4, 5, 6
local S_DAYS_WIDTH, CARD_WIDTH = 4, 3

local function new_seller() return {-1, 0, -1, -1, -1, {}} end
local function new_pair() return {{}, 0} end
local function new_instrument() return {{}, {}} end

local function look_at_seller(values, state, at)
  local attempts_7d, attempts, labels_7d, labels, frauds_7d, frauds = 0, 0, 0, 0, 0, 0
  local ring, today = state[S_DAYS], bucket_of(at, DAY)
  local position = #ring - S_DAYS_WIDTH + 1
  while position > 0 and ring[position] > today - DAYS do
    local tried, known, fraud = ring[position + 1], ring[position + 2], ring[position + 3]
    attempts, labels, frauds = attempts + tried, labels + known, frauds + fraud
    if ring[position] > today - 7 then
      attempts_7d, labels_7d, frauds_7d = attempts_7d + tried, labels_7d + known, frauds_7d + fraud
    end
    position = position - S_DAYS_WIDTH
  end
  local run = (state[S_RUN] > 0 or state[S_GENUINE_LAST] >= 0) and state[S_RUN] or -1
  local found = {
    state[S_FIRST_AT], attempts_7d, attempts, labels_7d, frauds_7d, labels, frauds, run, state[S_RUN_SINCE],
  }
  for _, value in ipairs(found) do values[#values + 1] = value end
end

local function seller_attempt(state, at)
  if state[S_FIRST_AT] < 0 or at < state[S_FIRST_AT] then state[S_FIRST_AT] = at end
  count(state[S_DAYS], S_DAYS_WIDTH, DAYS, bucket_of(at, DAY), 1)
end

local function seller_label(state, at, known_at, is_fraud)
  local position = slot(state[S_DAYS], S_DAYS_WIDTH, DAYS, bucket_of(known_at, DAY))
  if position > 0 then
    local days = state[S_DAYS]
    days[position + 2] = days[position + 2] + 1
    if is_fraud then days[position + 3] = days[position + 3] + 1 end
  end
  if not is_fraud then
    state[S_GENUINE_LAST] = math.max(state[S_GENUINE_LAST], at)
    if at >= state[S_RUN_LAST] then
      state[S_RUN], state[S_RUN_SINCE], state[S_RUN_LAST] = 0, -1, -1
    end
  elseif at >= state[S_GENUINE_LAST] then
    state[S_RUN_SINCE] = state[S_RUN] > 0 and math.min(state[S_RUN_SINCE], at) or at
    state[S_RUN_LAST] = math.max(state[S_RUN_LAST], at)
    state[S_RUN] = state[S_RUN] + 1
  end
end

local function look_at_pair(values, state, at)
  values[#values + 1] = total(state[1], 2, 1, bucket_of(at, DAY) - DAYS)
  values[#values + 1] = state[2]
end

local function pair_attempt(state, at)
  count(state[1], 2, DAYS, bucket_of(at, DAY), 1)
  state[2] = state[2] + 1
end

local function look_at_card(values, state, at, customer)
  local after = bucket_of(at, HOUR) - HOURS
  values[#values + 1] = total(state[1], CARD_WIDTH, 1, after)
  values[#values + 1] = total(state[1], CARD_WIDTH, 2, after)
  values[#values + 1] = others(state[2], customer, at - 30 * DAY)
end

local function card_attempt(state, at, customer)
  count(state[1], CARD_WIDTH, HOURS, bucket_of(at, HOUR), 1)
  touch(state[2], customer, at, at - 30 * DAY)
end

local function card_refused(state, at)
  count(state[1], CARD_WIDTH, HOURS, bucket_of(at, HOUR), 2)
end

local function look_at_address(values, state, at, customer)
  values[#values + 1] = total(state[1], 2, 1, bucket_of(at, MINUTE) - MINUTES)
  values[#values + 1] = others(state[2], customer, at - DAY)
end

local function address_attempt(state, at, customer)
  count(state[1], 2, MINUTES, bucket_of(at, MINUTE), 1)
  touch(state[2], customer, at, at - DAY)
end

local function look_at_device(values, state, at, customer)
  values[#values + 1] = total(state[1], 2, 1, bucket_of(at, HOUR) - HOURS)
  values[#values + 1] = others(state[2], customer, at - 30 * DAY)
end

local function device_attempt(state, at, customer)
  count(state[1], 2, HOURS, bucket_of(at, HOUR), 1)
  touch(state[2], customer, at, at - 30 * DAY)
end
