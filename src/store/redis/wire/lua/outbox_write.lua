
if #dropped > 0 and (box.count > 0 or box.key ~= '-' or box.wake_at > 0) then
  call('HDEL', OUTBOX, unpack(dropped))
end
write_outbox(OUTBOX, INDEX, ARGV[16], box, ARGV[4], unpack(fields))
return { now, states() }
