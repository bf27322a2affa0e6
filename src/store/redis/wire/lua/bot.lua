-- What a commit with changes to the outbox has before it: the outbox, and what is written of the
-- session.
--
-- KEYS  after those of the plain commit: outbox; index, if there is one here
-- ARGV  those of the plain commit up to 14, '' for each that it does not have, then
--       15 options, one word each, `-` for none: what is written of the session ('prolong', 'keep',
--          'tombstone' or 'nothing'); the key that is concluded; '1' if earlier replies must be
--          sent; '1' if what was shown is dropped; '1' if the user fetches the reply; the key of the
--          call; the holder of the lease and its length in ms; the wake-up ('drop', 'keep',
--          'dropif' or 'after') with a version or a time in ms; the time before which the commit
--          must be carried out
--       16 user id, 17 the version that this commit makes
--       18 the reply or '': its commit id, a flag, the length of its destination, the destination
--          and the body
--       19 the body of the call or ''
-- Replies: the time of the commit and the states of both lanes; or, if the plain commit is refused,
-- its reply and the states; or why the outbox refuses: 'full', 'unsent', 'no such call', the call
-- that is pending, 'late', or that it is unreadable.

local session_write, concludes, only_if_sent, drop_shown, pull, call_key, holder, length, wake_up,
  wake_word, before = string.match(ARGV[15],
  '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
-- A script cannot be given fewer arguments in the middle.
if ARGV[12] == '' then
  ARGV[12] = nil
end
if ARGV[14] == '' then
  ARGV[14] = nil
end
local OUTBOX, INDEX = KEYS[PLAIN_KEYS + 1], KEYS[PLAIN_KEYS + 2]

-- The session keeps its expiry if it is written with what is left of it.
if session_write == 'keep' then
  ARGV[3] = math.max(1, call('PTTL', KEYS[SESSION]))
end

local box = read_outbox(OUTBOX)
if not box then
  return UNREADABLE
end

-- The states of the lanes. A lease is acquired if it is the caller's, for the entry that it added.
local function states()
  local replies, of_call = replies_state(box), call_state(box)
  if replies == 'held' and box.r_holder == holder and box.r_id == ARGV[1] then
    replies = 'acquired'
  end
  if of_call == 'held' and box.c_holder == holder and box.key == call_key then
    of_call = 'acquired'
  end
  return replies, of_call
end

local function answer(list)
  return { list, states() }
end
