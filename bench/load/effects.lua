-- wrk -s effects.lua URL -- NAME: posts a charge that was never posted before, prints one JSON line.
local count = 0

function init(args)
  name = args[1]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local body = string.format('{"operation":"%s-%d","customer":"c1","amount":100,"currency":"EUR"}', name, count)
  return wrk.format("POST", nil, nil, body)
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
