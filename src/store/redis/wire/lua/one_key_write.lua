
call('SET', KEYS[1], session, 'PX', ARGV[3])
call('SET', KEYS[2], line, 'PX', ARGV[4])
if ends_early then
  call('PEXPIREAT', KEYS[1], math.max(now + 1, lifetime_ends))
end
write_record(hash, expires, latest, ARGV[1], ARGV[2])
if drop_token then
  call('DEL', KEYS[3])
end
