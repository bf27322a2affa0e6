local call = redis.call

-- One time for the whole script, in milliseconds of Unix time.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

