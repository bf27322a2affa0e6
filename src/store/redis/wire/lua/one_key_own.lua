else
  if session_write == 'tombstone' then
    call('SET', KEYS[2], line, 'PX', ARGV[4])
  elseif has_line then
    call('PEXPIREAT', KEYS[2], number(now + ARGV[4]))
  end
  write_record(hash, expires, latest, ARGV[1], ARGV[2])
  if drop_token then
    call('DEL', KEYS[3])
  end
end
