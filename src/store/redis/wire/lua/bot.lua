-- What a commit with changes to the outbox has before it: the outbox, and what is written of the
-- session.
--
-- KEYS  after those of the plain commit: outbox; index, if there is one here
-- ARGV  those of the plain commit, '' for each that it does not have, then
--       options, one word each, `-` for none: what is written of the session ('prolong', 'keep',
--         'tombstone', 'nothing', or 'checked' for nothing in a session that must be as expected);
--         the key that is concluded; '1' if earlier replies must be sent; '1' if what was shown is
--         dropped; '1' if the user fetches the reply; the key of the call; the holder of the lease
--         and its length in ms; the wake-up ('drop', 'keep', 'dropif' or 'after') with a version or
--         a time in ms; the time before which the commit must be carried out; who must hold the
--         lease of the call that is concluded
--       the user id
--       the version that the commit makes
--       the reply or '': its commit id, a flag, the length of its destination, the destination and
--         the body
--       the body of the call or ''
-- Replies: the time of the commit and the states of both lanes; or, if the plain commit is refused,
-- its reply and the states; or why the outbox refuses: 'full', 'unsent', 'no such call', 'not
-- holder', the call that is pending, 'late', or that it is unreadable.

local session_write, concludes, only_if_sent, drop_shown, pull, call_key, holder, length, wake_up,
  wake_word, before, concluded_by = string.match(ARGV[OPTIONS], '(%S+) (%S+) (%S+) (%S+) (%S+)'
  .. ' (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
local user, version = ARGV[OPTIONS + 1], ARGV[OPTIONS + 2]
local reply, call_body = ARGV[OPTIONS + 3], ARGV[OPTIONS + 4]
-- A script cannot be given fewer arguments in the middle, and the plain commit asks if there are
-- these.
if ARGV[12] == '' then
  ARGV[12] = nil
end
ARGV[14] = OPTIONS == 15 and ARGV[14] ~= '' and ARGV[14] or nil
local OUTBOX, INDEX = KEYS[PLAIN_KEYS + 1], KEYS[PLAIN_KEYS + 2]

-- The session keeps its expiry if it is written with what is left of it. A session whose expiry was
-- removed by hand has none to keep: it gets one as after any commit.
if session_write == 'keep' then
  local left = call('PTTL', KEYS[SESSION])
  if left >= 0 then
    ARGV[3] = math.max(1, left)
  end
end

-- Most often there is no outbox yet, and it gets one reply, which is handed out.
local is_simple = holder ~= '-' and pull == '0' and concludes == '-' and call_key == '-'
  and reply ~= '' and session_write ~= 'tombstone' and call('HSTRLEN', OUTBOX, 'state') == 0
local F, box
if not is_simple then
  F = outbox_functions()
  box = F.read_outbox(OUTBOX)
  if not box then
    return UNREADABLE
  end
end

-- The states of the lanes. A lease is acquired if it is the caller's, for the entry that it added.
local function states()
  if is_simple then
    return 'empty', 'empty'
  end
  local replies, of_call = F.replies_state(box), F.call_state(box)
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
