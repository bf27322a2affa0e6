-- What a commit without changes to the outbox has before it.

local session_write = 'prolong'

local function answer(list)
  return list
end
