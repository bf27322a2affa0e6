
if is_simple then
  local ends, wake_at, wake_for = now + length, 0, '-'
  if wake_up == 'after' then
    wake_at, wake_for = now + wake_word, version
  end
  call('HSET', OUTBOX, 'state', '1 ' .. holder .. ' ' .. ends .. ' ' .. length .. ' 0 1 ' .. ARGV[1]
    .. ' 1 ' .. #reply .. ' 1 1 0 0 - 0 0 - 0 0 0 ' .. wake_at .. ' ' .. wake_for .. ' 1',
    '1', reply)
  call('PEXPIREAT', OUTBOX, math.max(now, wake_at) + ARGV[4])
  if INDEX then
    call('ZADD', INDEX, ends, 'w' .. user)
    if wake_at > 0 then
      call('ZADD', INDEX, wake_at, 'r' .. user)
    end
  end
  return { now, 'acquired', 'empty' }
end
if is_left then
  call('HDEL', OUTBOX, unpack(dropped))
end
F.write_outbox(OUTBOX, INDEX, user, box, ARGV[4], unpack(fields))
return { now, states() }
