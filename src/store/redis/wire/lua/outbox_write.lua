
if is_simple then
  call('HSET', OUTBOX, 'state', '1 ' .. holder .. ' ' .. now + length .. ' ' .. length .. ' 0 1 '
    .. ARGV[1] .. ' 1 ' .. #reply .. ' 1 1 0 0 - 0 0 - 0 0 0 ' .. wake_at .. ' ' .. wake_for
    .. ' 1', '1', reply)
  call('PEXPIREAT', OUTBOX, math.max(now, wake_at) + ARGV[4])
  return { now, 'acquired', 'empty' }
end
if is_left then
  call('HDEL', OUTBOX, unpack(dropped))
end
F.write_outbox(OUTBOX, INDEX, user, box, ARGV[4], unpack(fields))
return { now, states() }
