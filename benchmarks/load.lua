-- Makes wrk send the requests of a file in turn, again and again. Each line holds method, path, token and body,
-- separated by tabs. The result is printed as JSON.

local requests, turn = {}, 0

function init(args)
   for line in io.lines(args[1]) do
      local method, path, token, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
      local headers = {}
      if token ~= "" then
         headers["Authorization"] = "Bearer " .. token
      end
      if body ~= "" then
         headers["Content-Type"] = "application/json"
      end
      requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"seconds": %.6f, "requests": %d, "p50": %.3f, "p99": %.3f, "refused": %d,'
      .. ' "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
      summary.duration / 1e6, summary.requests, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      errors.status, errors.connect, errors.read, errors.write, errors.timeout
   ))
end
