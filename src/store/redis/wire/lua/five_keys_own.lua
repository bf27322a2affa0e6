else
  if session_write == 'tombstone' then
    local line = ARGV[12]
    if ARGV[14] then
      line = ARGV[12] .. number(now) .. ARGV[13]
    end
    call('SET', KEYS[1], line, 'PX', ARGV[4])
  elseif line ~= '' then
    call('PEXPIREAT', KEYS[1], number(now + ARGV[4]))
  end
  write_record(hash, expires, latest, ARGV[1], ARGV[2])
  if drop_token then
    call('DEL', KEYS[6])
  end
end
