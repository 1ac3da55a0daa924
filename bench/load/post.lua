-- wrk -s post.lua URL -- BODYFILE [header=value ...]: posts one body for ever, prints one JSON line. {n} in the
-- value of a header, or in the body, is another number in each request.
local count = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Bearer bench"
  for i = 2, #args do
    local name, value = args[i]:match("^([^=]+)=(.*)$")
    wrk.headers[name] = value
  end
  -- As long as what is put in its place, so that the length that is said of the body stays right.
  local place = string.rep("#", 24)
  wrk.body = wrk.body:gsub("{n}", place)
  request_bytes = wrk.format():gsub("{n}", place)
  pieces = {}
  for piece in (request_bytes .. place):gmatch("(.-)" .. place) do table.insert(pieces, piece) end
  -- One run of it lasts a second at least, so no other of the same subject has this name.
  name = string.format("%012d", os.time())
end

function request()
  if #pieces == 1 then return request_bytes end
  count = count + 1
  return table.concat(pieces, string.format("%s%012d", name, count))
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
