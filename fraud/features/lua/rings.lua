-- fraud/features/rings.py in Lua: flat lists counted from 1. Every number is a double, as there.
local MINUTE, HOUR, DAY = 60000000, 3600000000, 86400000000
local MINUTES, HOURS, DAYS, DISTINCT_CAP = 60, 24, 30, 512

local function bucket_of(at, span)
  return (at - at % span) / span
end

local function open_gap(list, stop, width)
  for i = #list, stop + 1, -1 do
    list[i + width] = list[i]
  end
end

local function drop(list, count)
  for i = 1, #list do
    list[i] = list[i + count]
  end
end

-- Where the record of `bucket` begins, made of zeros if there is none; 0 if it is too old to keep.
local function slot(ring, width, buckets, bucket)
  local size = #ring
  if size == 0 then
    ring[1] = bucket
    for i = 2, width do ring[i] = 0 end
    return 1
  end
  local newest = ring[size - width + 1]
  if bucket <= newest - buckets then return 0 end
  local stop = size
  while stop > 0 and ring[stop - width + 1] > bucket do stop = stop - width end
  if stop > 0 and ring[stop - width + 1] == bucket then return stop - width + 1 end
  open_gap(ring, stop, width)
  ring[stop + 1] = bucket
  for i = 2, width do ring[stop + i] = 0 end
  local oldest_kept = math.max(newest, bucket) - buckets
  local dropped = 0
  while ring[dropped + 1] <= oldest_kept do dropped = dropped + width end
  if dropped > 0 then drop(ring, dropped) end
  return stop + 1 - dropped
end

local function count(ring, width, buckets, bucket, column)
  local position = slot(ring, width, buckets, bucket)
  if position > 0 then ring[position + column] = ring[position + column] + 1 end
end

local function total(ring, width, column, after)
  local found = 0
  local position = #ring - width + 1
  while position > 0 and ring[position] > after do
    found = found + ring[position + column]
    position = position - width
  end
  return found
end

local function push(newest, at, value, cap, since)
  local stop = #newest
  while stop > 0 and newest[stop - 1] > at do stop = stop - 2 end
  open_gap(newest, stop, 2)
  newest[stop + 1], newest[stop + 2] = at, value
  local size, dropped = #newest, 0
  while dropped < size and newest[dropped + 1] <= since do dropped = dropped + 2 end
  dropped = math.max(dropped, size - 2 * cap)
  if dropped > 0 then drop(newest, dropped) end
end

local function touch(seen, value, at, since)
  local last = at
  for position = 2, #seen, 2 do
    if seen[position] == value then
      last = math.max(at, seen[position - 1])
      for i = position - 1, #seen do seen[i] = seen[i + 2] end
      break
    end
  end
  push(seen, last, value, DISTINCT_CAP, since)
end

local function others(seen, value, after)
  local found = 0
  local position = #seen - 1
  while position > 0 and seen[position] > after do
    if seen[position + 1] ~= value then found = found + 1 end
    position = position - 2
  end
  return found
end
