-- How many keys a plain commit has, which of them is the session, which argument follows its own,
-- and its first write.
local PLAIN_KEYS, SESSION, OPTIONS, FIRST_WRITE = 5, 1, 14, 'SET'
