
if is_left then
  call('HDEL', OUTBOX, unpack(dropped))
end
write_outbox(OUTBOX, INDEX, ARGV[16], box, ARGV[4], unpack(fields))
return { now, states() }
