local call = redis.call

-- One instant for everything, in ms.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

