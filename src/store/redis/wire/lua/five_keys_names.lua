-- How many keys a plain commit has, which of them is the session, which argument follows its own,
-- and its first write.
local PLAIN_KEYS, SESSION, OPTIONS, FIRST_WRITE = 8, 2, 15, 'MSET'
