-- How many keys a plain commit has, which of them is the session, and which argument follows its
-- own.
local PLAIN_KEYS, SESSION, OPTIONS = 8, 2, 15
