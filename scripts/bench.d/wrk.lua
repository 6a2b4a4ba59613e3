-- wrk script. Arguments: METHOD BODIES VARY
--   BODIES  file, one body a line; "-": none. One line is sent again and again, several in turn.
--   VARY    "vary": every head is a browser's, with another cookie
-- Prints, after wrk's own words, one line: JSON and what was measured.

local requests, at = {}, 0

local BROWSER = {
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  ["Accept"] = "*/*",
  ["Accept-Language"] = "en-GB,en;q=0.9",
  ["Sec-Fetch-Site"] = "same-origin",
  ["Sec-Fetch-Mode"] = "cors",
  ["Sec-Fetch-Dest"] = "script",
  ["Referer"] = "http://localhost/",
}

local function next_request()
  at = at % #requests + 1
  return requests[at]
end

function init(args)
  wrk.method = args[1]
  if args[2] ~= "-" then
    for line in io.lines(args[2]) do
      requests[#requests + 1] = wrk.format(nil, nil, nil, line)
    end
  elseif args[3] == "vary" then
    for name, value in pairs(BROWSER) do wrk.headers[name] = value end
    for i = 1, 20000 do
      wrk.headers["Cookie"] = string.format("session=%032x; theme=dark; seen=%d", i * 7919, i)
      requests[i] = wrk.format()
    end
  else
    requests[1] = wrk.format()
  end
  request = next_request
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    'JSON {"count": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "errors": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
