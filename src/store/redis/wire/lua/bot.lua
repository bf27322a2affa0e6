-- What a commit with changes to the outbox has before it: the outbox, and what is written of the
-- session.
--
-- KEYS  after those of the plain commit: outbox; index, if there is one here
-- ARGV  those of the plain commit up to 14, '' for each that it does not have, then
--       15 what is written of the session: 'prolong', 'keep', 'tombstone' or 'nothing'
--       16 user id, 17 the key that is concluded or '', 18 '1' if earlier replies must be sent,
--       19 '1' if what was shown is dropped
--       20 the reply or '': its commit id, a flag, the length of its destination, the destination
--          and the body, 21 '1' if the user fetches it
--       22 the key of the call or '', 23 its body
--       24 the holder of the lease or '', 25 its length in ms
--       26 the wake-up: 'drop', 'keep', 'dropif' or 'after', 27 a version or a time in ms, 28 the
--          version that this commit makes
--       29 how many bytes are reserved for a conclusion
--       30 the time before which the commit must be carried out, or ''
-- Replies: the time of the commit and the states of both lanes; or, if the plain commit is refused,
-- its reply and the states; or why the outbox refuses: 'full', 'unsent', 'no such call', or the call
-- that is pending; or 'late'.

local session_write = ARGV[15]
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
  local replies = lane_state(box, 'r')
  if replies == 'held' and box.r_holder == ARGV[24] and box.r_id == ARGV[1] then
    replies = 'acquired'
  end
  local call_state = lane_state(box, 'c')
  if call_state == 'held' and box.c_holder == ARGV[24] and box.key == ARGV[22] then
    call_state = 'acquired'
  end
  return replies, call_state
end

local function answer(list)
  return { list, states() }
end
