#!/usr/bin/env python3
"""What a commit of 1 KiB costs Redis in instructions, part by part: python3 benches/commit_cost.py

Needs valgrind and redis-server on PATH. Counts by callgrind, as the difference of 600
and 2,100 commits, so that the load of the machine does not matter. Some minutes.
"""
import pathlib, re, socket, subprocess, time

SCRIPTS = pathlib.Path(__file__).parent.parent / "src/store/redis/wire/lua"
STATE, NAME, BEGAN = b"{" + b"x" * 1022 + b"}", b"handle_action_menu", b"1763863200000"
HEAD = "local call = redis.call\n"
END = "\nreturn 1764000000000"
PARTS = {
    "five keys": {
        "nothing": END,
        "reads": HEAD + "call('HSTRLEN', KEYS[7], ARGV[1])\ncall('HSTRLEN', KEYS[8], ARGV[1])\n"
        "local line = call('GETRANGE', KEYS[1], '0', '2048')\n"
        "for n = 2, 5 do call('STRLEN', KEYS[n]) end" + END,
        "mset": HEAD + "call('MSET', KEYS[2], ARGV[8], KEYS[3], ARGV[9], KEYS[5], ARGV[11], "
        "KEYS[1], ARGV[7], KEYS[4], ARGV[10])" + END,
        "expiries": HEAD + "for n = 1, 5 do call('PEXPIREAT', KEYS[n], '1963863200000') end" + END,
        "recorded": HEAD + "call('HSET', KEYS[7], ARGV[1], ARGV[2])" + END,
    },
    "one key": {
        "nothing": END,
        "reads": HEAD + "call('HSTRLEN', KEYS[4], ARGV[1])\ncall('HSTRLEN', KEYS[5], ARGV[1])\n"
        "local head = call('GETRANGE', KEYS[1], '0', ARGV[8])\ncall('STRLEN', KEYS[2])" + END,
        "sets": HEAD + "call('SET', KEYS[1], ARGV[9], 'PX', ARGV[3])\n"
        "call('SET', KEYS[2], ARGV[10], 'PX', ARGV[4])" + END,
        "recorded": HEAD + "call('HSET', KEYS[4], ARGV[1], ARGV[2])" + END,
    },
}


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def __call__(self, *args):
        args = [arg if isinstance(arg, bytes) else str(arg).encode() for arg in args]
        words = b"".join(b"$%d\r\n%s\r\n" % (len(arg), arg) for arg in args)
        self.socket.sendall(b"*%d\r\n" % len(args) + words)
        return self.read()

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest)
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest


def commits(layout, script, outbox=None):
    """As the store sends them: a hundred users in turn, each session begun once, then living on.

    With an outbox, each commit adds a reply of 100 bytes and takes the lease, and the reply is
    settled: `outbox` is the script that does that.
    """

    def work(redis, count):
        sha, last = redis("SCRIPT", "LOAD", script), {}
        settle = outbox and redis("SCRIPT", "LOAD", outbox)
        for n in range(count):
            key = b"bench:26377%07d" % (n % 100)
            head = b"1 bench %d %032x 15 " % (n + 1, n * 7919 + 1)
            tail = b" 1 %s %s %032x ~" % (NAME, NAME, n)
            recorded = b"%d-%032x" % (n + 1, n * 7919 + 1)
            args = [b"%032x" % (n * 104729 + 5), recorded, 300000, 86400000, 0]
            began, basis = last.get(key, (None, b""))
            line = head + (began or BEGAN) + tail
            if layout == "five keys":
                own = (b"_version", b"", b"_stage", b"_option", b"_direction")
                keys = [key + s for s in (*own, b"_jwt_token", b"_done_0", b"_done_1")]
                args += [15 if began else 0, basis, STATE, NAME, NAME, b"OUT"]
                args += [line, 1963863200000] if began else [head, tail, 43200000]
            else:
                keys = [key + s for s in (b"", b"_version", b"_jwt_token", b"_done_0", b"_done_1")]
                rest = b" OUT\n" + STATE
                args += [1, basis, len(basis) - 1 if began else 2053]
                new = [rest, head, tail, 43200000, b""]
                args += [line + rest, line, 1963863200000] if began else new
            if outbox:
                user, holder = key[len(b"bench:") :], b"%032x" % (n * 31 + 7)
                reply = b"%s - 0 %s" % (args[0], b'"' + b"r" * 98 + b'"')
                options = b"prolong - 0 0 0 - %s 30000 drop - - -" % holder
                plain = 14 if layout == "five keys" else 13
                args += [b""] * (plain - len(args)) + [options, user, recorded, reply, b""]
                index = b"bench:_wake"
                now, replies, _ = redis(
                    "EVALSHA", sha, len(keys) + 2, *keys, key + b"_outbox", index, *args
                )
                assert replies == b"acquired", replies
                own = (key + b"_outbox", key + b"_version", index)
                entry = [b"r", holder, 30000, 86400000, user, args[0], b"", 0]
                settled = redis("EVALSHA", settle, 3, *own, *entry)
                assert settled == b"released", settled
            else:
                now = redis("EVALSHA", sha, len(keys), *keys, *args)
            assert isinstance(now, int), now
            began = began or b"%d" % now
            last[key] = (began, head + began + tail if layout == "five keys" else head)

    return work


def sets(redis, count):
    for n in range(count):
        redis("SETEX", b"bench:26377%07d" % (n % 100), 300, STATE)


def instructions(work):
    counted = []
    for count in (600, 2100):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(port)]
        settings = ["--save", "", "--hz", "1", "--dynamic-hz", "no"]
        server = subprocess.Popen(
            valgrind + redis + settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            while True:
                try:
                    redis = Client(port)
                    break
                except OSError:
                    time.sleep(0.2)
            work(redis, count)
        finally:
            server.terminate()
        printed = server.communicate()[1].decode()
        counted.append(int(re.search(r"Collected : (\d+)", printed).group(1)))
    return (counted[1] - counted[0]) // 1500


def text(*names):
    return "".join((SCRIPTS / f"{name}.lua").read_text() for name in names)


print(f"SET EX: {instructions(sets)}")
for layout, parts in PARTS.items():
    name = layout.replace(" ", "_")
    clock, before = text("clock"), text("clock", "may", "record")
    nothing = instructions(commits(layout, parts.pop("nothing")))
    print(f"{layout}: a script that does nothing: {nothing}")
    for part, script in {**parts, "clock": clock + END}.items():
        print(f"{layout}: {part}: {instructions(commits(layout, script)) - nothing}", flush=True)
    check, write = f"{name}_check", f"{name}_write"
    plain = instructions(commits(layout, before + text("plain", check, write, "committed")))
    print(f"{layout}: the commit: {plain}", flush=True)
    own = text("outbox", f"{name}_names", "bot", check, "outbox_check", write, f"{name}_own")
    bot = before + own + text("outbox_write")
    settle = text("may", "settle_fast", "clock", "outbox", "settle")
    both = instructions(commits(layout, bot, settle))
    print(f"{layout}: the commit of a bot, and the settlement: {both}")
    print(f"{layout}: ratio of both to the commit: {both / plain:.2f}", flush=True)
