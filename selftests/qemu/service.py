# SPDX-License-Identifier: GPL-2.0-only
"""A service of which little is in use: a Redis with loaded data, 256 MiB or less,
an eighth of it hot. What it answers is compared with what made the data, so that
no byte of its heap goes unseen."""

import random
import socket
import time

import poll
from machine import MachineError

PORT = 6379
UNIT = "snapcap-redis"
# A value, with Redis's head and tail, fills the allocator's class of one page:
# the keys of the hot set are the pages of the hot set.
KEYS_PER_MIB = 256
HOT_PART = 8
VALUE_SIZE = 4000
SEED = 4711
# Keys asked for at a time: about 1 MiB of answers.
BATCH = 256
# Nothing is waited for longer, whatever the machine does.
ANSWER_S = 60
# Enough of the shortest to fill a value.
RECORDS = 50


def samples():
    """Records as a log of sensors has them, which LZ4 makes 36 % of, and 45 % of a
    single page. As many that one is hardly ever found twice in its window."""
    source = random.Random(SEED)
    return [f'{{"t":{1700000000 + source.randrange(10 ** 8)},'
            f'"pump":"P-{source.randrange(1000):03}",'
            f'"bar":{source.uniform(1, 9):.3f},"celsius":{source.uniform(10, 90):.2f},'
            f'"rpm":{source.randrange(900, 3000)},'
            f'"state":"{source.choice(("run", "run", "run", "idle", "warn"))}"}},\n'
            for _ in range(65536)]


SAMPLES = samples()


def key(number):
    return b"sensor:%05d" % number


def value(number, generation=0):
    """The data of a key. Another generation is another value."""
    source = random.Random(SEED + number + (generation << 32))
    text = f'{{"sensor":{number},"log":[\n' + "".join(source.choices(SAMPLES, k=RECORDS))
    return text.encode()[:VALUE_SIZE]


def encode(*words):
    """One command in Redis's protocol."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


def bulk(data):
    """The answer that consists of these bytes."""
    return b"$%d\r\n%b\r\n" % (len(data), data)


class Client:
    """One connection; every wait ends after timeout seconds."""

    def __init__(self, port, timeout=ANSWER_S):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.reader = self.sock.makefile("rb", 1 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.sock.close()

    def answer(self):
        """One answer as it comes: a line, with the bytes that it announces."""
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise MachineError("redis closed the connection")
        if not line.startswith(b"$") or line == b"$-1\r\n":
            return line
        size = int(line[1:]) + 2
        data = self.reader.read(size)
        if len(data) != size:
            raise MachineError("redis closed the connection within an answer")
        return line + data

    def pipeline(self, commands):
        self.sock.sendall(b"".join(commands))
        return [self.answer() for _ in commands]


class Service:
    """The Redis of a Bed whose machine forwards PORT.

    mib: size of its data
    """

    def __init__(self, bed, mib=256):
        self.bed = bed
        self.keys = mib * KEYS_PER_MIB
        self.hot_keys = self.keys // HOT_PART
        # of the keys that were written again, since
        self.generation = {}

    @property
    def port(self):
        return self.bed.machine.ports[PORT]

    def expected(self, number):
        return value(number, self.generation.get(number, 0))

    def start(self):
        """Runs it in a cgroup of its own, with nothing that it could write to a disk."""
        self.bed.machine.check(
            f"systemd-run --quiet --unit={UNIT} -p WorkingDirectory=/run -p OOMPolicy=continue "
            f"redis-server --port {PORT} --bind 0.0.0.0 --protected-mode no --save '' "
            "--appendonly no --daemonize no", 60)
        self.first_answer(60, encode(b"PING"), b"+PONG\r\n", since=time.monotonic())

    def pid(self):
        return int(self.bed.machine.check(f"systemctl show -P MainPID {UNIT}"))

    def alive(self):
        return self.bed.machine.run(f"systemctl is-active --quiet {UNIT}").code == 0

    def ask(self, numbers, command, expected):
        """Sends command(number) for each, in batches. Return: those answered otherwise"""
        numbers, wrong = list(numbers), []
        with Client(self.port) as client:
            for first in range(0, len(numbers), BATCH):
                batch = numbers[first:first + BATCH]
                answers = client.pipeline([command(number) for number in batch])
                wrong += [number for number, answer in zip(batch, answers)
                          if answer != expected(number)]
        return wrong

    def store(self, numbers):
        wrong = self.ask(numbers, lambda n: encode(b"SET", key(n), self.expected(n)),
                         lambda n: b"+OK\r\n")
        if wrong:
            raise MachineError(f"redis refused {len(wrong)} values, first that of {key(wrong[0])}")

    def load(self):
        """All keys, the hot ones first. Return: seconds it took"""
        started = time.monotonic()
        self.store(range(self.keys))
        return time.monotonic() - started

    def rewrite(self, numbers):
        """Gives keys other values of the same size."""
        numbers = list(numbers)
        for number in numbers:
            self.generation[number] = self.generation.get(number, 0) + 1
        self.store(numbers)

    def check(self, numbers):
        """Return: the keys whose value is not what it should be"""
        return self.ask(numbers, lambda n: encode(b"GET", key(n)), lambda n: bulk(self.expected(n)))

    def check_all(self):
        """Every value, in an order that has nothing to do with where it lies."""
        numbers = list(range(self.keys))
        random.Random(SEED).shuffle(numbers)
        return self.check(numbers)

    def check_random(self, count, seed):
        return self.check(random.Random(seed).sample(range(self.keys), count))

    def warm(self):
        """Touches the hot set, as users would."""
        wrong = self.check(range(self.hot_keys))
        if wrong:
            raise MachineError(f"{len(wrong)} hot values are wrong, first that of {key(wrong[0])}")

    def first_answer(self, timeout, request=None, expected=None, since=None):
        """Seconds from power-on (or since) to the first right answer to a GET of a hot
        key, or to the request given; it must come, and may not be another one."""
        machine = self.bed.machine
        if request is None:
            number = random.Random(machine.starts).randrange(self.hot_keys)
            request, expected = encode(b"GET", key(number)), bulk(self.expected(number))

        def right(answer, _):
            if not expected.startswith(answer):
                raise MachineError(f"redis answered {answer[:200]} to {request}")
            return answer == expected

        result = poll.first_answer(self.port, request, right, machine.power_on if since is None
                                   else since, timeout, lambda: machine.alive)
        if not result:
            machine.fail(f"redis gave no answer within {timeout:.0f} s")
        return result[0]
