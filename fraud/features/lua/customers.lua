-- fraud/features/customers.py in Lua, the same operations in the same order.
local C_FIRST_AT, C_LAST_AT, C_USUAL, C_USUAL_LARGEST, C_USUAL_PAYMENTS, C_LARGE_AT = 1, 2, 3, 4, 5, 6
local C_ATTEMPTS, C_MINUTES, C_HOURS, C_DAYS, C_AMOUNTS, C_CARDS, C_DEVICES, C_FRAUDS = 7, 8, 9, 10, 11, 12, 13, 14
local LARGE, USUAL_MEMORY, ATTEMPTS_CAP, AMOUNTS_CAP, FRAUDS_CAP, FRAUDS_KEPT = 2.8, 256, 128, 32, 16, 90 * DAY
local C_HOURS_WIDTH, C_DAYS_WIDTH = 4, 7

local function new_customer()
  return {-1, -1, 0, 0, 0, -1, {}, {}, {}, {}, {}, {}, {}, {}}
end

local function customer_attempts(state, at, country)
  local attempts = state[C_ATTEMPTS]
  local last_hour, last_day, elsewhere = 0, 0, 0
  local position = #attempts - 1
  while position > 0 and attempts[position] > at - DAY do
    last_day = last_day + 1
    if attempts[position] > at - HOUR then last_hour = last_hour + 1 end
    local from = attempts[position + 1]
    if from ~= '' and from ~= country then elsewhere = elsewhere + 1 end
    position = position - 2
  end
  if last_hour == ATTEMPTS_CAP then
    last_hour = math.max(last_hour, total(state[C_MINUTES], 2, 1, bucket_of(at, MINUTE) - MINUTES))
  end
  if last_day == ATTEMPTS_CAP then
    last_day = math.max(last_day, total(state[C_HOURS], C_HOURS_WIDTH, 1, bucket_of(at, HOUR) - HOURS))
  end
  if country == '' then elsewhere = -1 end
  return last_hour, last_day, elsewhere
end

local function customer_days(ring, today)
  local attempts_7d, attempts, paid_7d, paid, amount_7d, amount = 0, 0, 0, 0, 0, 0
  local squares, largest, large_3d, large_14d = 0, -1, 0, 0
  local position = #ring - C_DAYS_WIDTH + 1
  while position > 0 and ring[position] > today - DAYS do
    local day, settled, large = ring[position], ring[position + 2], ring[position + 6]
    attempts = attempts + ring[position + 1]
    paid = paid + settled
    amount = amount + ring[position + 3]
    squares = squares + ring[position + 4]
    if settled > 0 then largest = math.max(largest, ring[position + 5]) end
    if day > today - 14 then
      large_14d = large_14d + large
      if day > today - 7 then
        attempts_7d = attempts_7d + ring[position + 1]
        paid_7d = paid_7d + settled
        amount_7d = amount_7d + ring[position + 3]
        if day > today - 3 then large_3d = large_3d + large end
      end
    end
    position = position - C_DAYS_WIDTH
  end
  return attempts_7d, attempts, paid_7d, paid, amount_7d, amount, squares, largest, large_3d, large_14d
end

local function median(amounts, after)
  local kept = {}
  for position = 1, #amounts, 2 do
    if amounts[position] > after then kept[#kept + 1] = amounts[position + 1] end
  end
  if #kept == 0 then return -1 end
  table.sort(kept)
  local middle = math.floor(#kept / 2)
  if #kept % 2 == 1 then return kept[middle + 1] end
  return (kept[middle] + kept[middle + 1]) / 2
end

local function look_at_customer(values, state, at, card, device, country)
  local last_hour, last_day, elsewhere = customer_attempts(state, at, country)
  local after = bucket_of(at, HOUR) - HOURS
  local attempts_7d, attempts_30d, paid_7d, paid_30d, amount_7d, amount_30d, squares, largest, large_3d, large_14d =
    customer_days(state[C_DAYS], bucket_of(at, DAY))
  local known = state[C_USUAL_PAYMENTS] > 0
  local found = {
    state[C_FIRST_AT], state[C_LAST_AT], last_hour, last_day, attempts_7d, attempts_30d, paid_7d, paid_30d,
    total(state[C_HOURS], C_HOURS_WIDTH, 3, after), amount_7d, amount_30d, squares, largest,
    median(state[C_AMOUNTS], at - 30 * DAY), total(state[C_HOURS], C_HOURS_WIDTH, 2, after),
    others(state[C_CARDS], card, at - DAY) + (card ~= '' and 1 or 0),
    others(state[C_DEVICES], device, at - DAY) + (device ~= '' and 1 or 0),
    elsewhere, known and state[C_USUAL] or -1, known and state[C_USUAL_LARGEST] or -1, large_3d, large_14d,
    state[C_LARGE_AT], others(state[C_FRAUDS], '', at - FRAUDS_KEPT),
  }
  for _, value in ipairs(found) do values[#values + 1] = value end
end

local function customer_attempt(state, at, card, device, country)
  if state[C_FIRST_AT] < 0 or at < state[C_FIRST_AT] then state[C_FIRST_AT] = at end
  if at > state[C_LAST_AT] then state[C_LAST_AT] = at end
  push(state[C_ATTEMPTS], at, country, ATTEMPTS_CAP, at - DAY)
  count(state[C_MINUTES], 2, MINUTES, bucket_of(at, MINUTE), 1)
  count(state[C_HOURS], C_HOURS_WIDTH, HOURS, bucket_of(at, HOUR), 1)
  count(state[C_DAYS], C_DAYS_WIDTH, DAYS, bucket_of(at, DAY), 1)
  if card ~= '' then touch(state[C_CARDS], card, at, at - DAY) end
  if device ~= '' then touch(state[C_DEVICES], device, at, at - DAY) end
end

local function learn_usual(state, at, amount)
  local payments, usual, counted, large = state[C_USUAL_PAYMENTS], state[C_USUAL], amount, 0
  if payments > 0 and counted > LARGE * usual then
    counted = LARGE * usual
    large = 1
    state[C_LARGE_AT] = math.max(state[C_LARGE_AT], at)
  end
  payments = math.min(payments + 1, USUAL_MEMORY)
  state[C_USUAL_PAYMENTS] = payments
  state[C_USUAL] = usual + (counted - usual) / payments
  state[C_USUAL_LARGEST] = math.max(state[C_USUAL_LARGEST], counted)
  return large
end

local function customer_paid(state, at, amount)
  local large = learn_usual(state, at, amount)
  local hours, days = state[C_HOURS], state[C_DAYS]
  local position = slot(hours, C_HOURS_WIDTH, HOURS, bucket_of(at, HOUR))
  if position > 0 then hours[position + 3] = hours[position + 3] + amount end
  position = slot(days, C_DAYS_WIDTH, DAYS, bucket_of(at, DAY))
  if position > 0 then
    days[position + 2] = days[position + 2] + 1
    days[position + 3] = days[position + 3] + amount
    days[position + 4] = days[position + 4] + amount * amount
    days[position + 5] = math.max(days[position + 5], amount)
    days[position + 6] = days[position + 6] + large
  end
  push(state[C_AMOUNTS], at, amount, AMOUNTS_CAP, at - 30 * DAY)
end

local function customer_refused(state, at)
  count(state[C_HOURS], C_HOURS_WIDTH, HOURS, bucket_of(at, HOUR), 2)
end

-- One payment told twice, as a report and as a label, is one fraud.
local function customer_known_fraud(state, known_at, payment)
  for position = 2, #state[C_FRAUDS], 2 do
    if state[C_FRAUDS][position] == payment then return end
  end
  push(state[C_FRAUDS], known_at, payment, FRAUDS_CAP, known_at - FRAUDS_KEPT)
end
