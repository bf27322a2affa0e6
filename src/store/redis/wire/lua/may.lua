-- Whether the user may still run a command. Rights are checked at start-up, but one that was taken
-- away since would be missed half-way. Before 7.0, a script cannot ask.
local may = redis.acl_check_cmd or function() return true end

local NOT_ALLOWED = 'NOPERM a right that the store needs was taken away'
