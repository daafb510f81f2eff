"""Files that a careless table or loop would be slow or large on: each is one shape, as many as it takes of one thing."""

import datetime
import ipaddress

START = 1_768_435_200_000
RULE = "DefaultRule_DenyAllInBound"


class Log:
    """Writes one file, record by record, and counts tuples."""

    def __init__(self, path):
        self.file = open(path, "w", buffering=1 << 20)
        self.file.write('{"records":[')
        self.comma = ""
        self.tuples = 0

    def record(self, tuples, time_ms=START, mac=1, vnet=1, acl="a", rule=RULE):
        time = datetime.datetime.fromtimestamp(time_ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
        flows = f'{{"aclID":"{acl}","flowGroups":[{{"rule":"{rule}","flowTuples":["' + '","'.join(tuples) + '"]}]}'
        self.file.write(
            f'{self.comma}{{"time":"{time}","flowLogGUID":"g","macAddress":"{mac:012X}","category":"FlowLogFlowEvent",'
            f'"flowLogResourceID":"/SUBSCRIPTIONS/S/FLOWLOGS/F{vnet}","targetResourceID":"/subscriptions/s/virtualNetworks/v{vnet}",'
            f'"flowLogVersion":4,"operationName":"FlowLogFlowEvent","flowRecords":{{"flows":[{flows}]}}}}'
        )
        self.comma = ","
        self.tuples += len(tuples)

    def many(self, tuples, time_ms=START, **names):
        """Records of at most 400 tuples, as Azure cuts them."""
        part = []
        for text in tuples:
            part.append(text)
            if len(part) == 400:
                self.record(part, time_ms, **names)
                part = []
        if part:
            self.record(part, time_ms, **names)

    def close(self):
        self.file.write("]}")
        self.file.close()
        return self.tuples


def address(number):
    """Another public address for each number."""
    return str(ipaddress.IPv4Address((20 << 24) + number))


def own(number):
    """Another private address for each number."""
    return str(ipaddress.IPv4Address((10 << 24) + number))


def denied(number, source, destination="10.0.0.4", port=443):
    return f"{START + number % 3_000_000},{source},{destination},{40_000 + number % 20_000},{port},6,I,D,NX,0,0,0,0"


def begun(time_ms, source, source_port, destination="10.0.0.4", port=443, direction="I"):
    return f"{time_ms},{source},{destination},{source_port},{port},6,{direction},B,NX,0,0,0,0"


def ended(time_ms, source, source_port, destination="10.0.0.4", port=443, direction="I"):
    return f"{time_ms},{source},{destination},{source_port},{port},6,{direction},E,NX,5,600,5,900"


def in_one_file(write):
    def shape(folder, count):
        log = Log(folder / "PT1H.json")
        write(log, count)
        return log.close()

    return shape


@in_one_file
def vnets(log, count):
    for number in range(count):
        log.record([denied(number, "20.0.0.1", own(number))], mac=number, vnet=number)


@in_one_file
def macs(log, count):
    for number in range(count):
        log.record([denied(number, "20.0.0.1", own(number))], mac=number)


@in_one_file
def hours(log, count):
    for number in range(count):
        nic, time_ms = number % 200, START + number // 200 * 3_600_000
        log.record([begun(time_ms, "20.0.0.1", 5000, own(nic)), ended(time_ms + 900, "20.0.0.1", 5000, own(nic))], time_ms, nic)


@in_one_file
def reuse(log, count):
    """Between two NICs, both of which log it."""
    for first in range(0, count, 60):
        seconds = [START + second * 1000 for second in range(first, min(first + 60, count))]
        for mac, direction in ((1, "O"), (2, "I")):
            ends = ("10.0.0.5", 5000, "10.0.0.4", 443, direction)
            log.record([text for ms in seconds for text in (begun(ms, *ends), ended(ms + 400, *ends))], seconds[-1], mac)


@in_one_file
def falling(log, count):
    """Begins, between private addresses."""
    for first in range(0, count, 60):
        seconds = [START + (count - second) * 1000 for second in range(first, min(first + 60, count))]
        log.record([begun(ms, "10.0.0.5", 1024 + ms // 1000 % 60_000) for ms in seconds], seconds[0])


@in_one_file
def sources(log, count):
    log.many(denied(number, address(number)) for number in range(count))


def nics(folder, count):
    """Of a thousand NICs a file."""
    tuples = 0
    for first in range(0, count, 1000):
        log = Log(folder / f"{first}.json")
        for number in range(first, min(first + 1000, count)):
            log.record([denied(number, "20.0.0.1", own(number))], mac=number)
        tuples += log.close()
    return tuples


@in_one_file
def rules(log, count):
    for number in range(count):
        log.record([denied(number, "20.0.0.1")], rule=f"UserRule_{number}")


@in_one_file
def conversations(log, count):
    """Between 1,000 hosts and one, by port; each allowed."""
    log.many(begun_and_ended(START + number % 3_000_000, address(number % 1000), number, 1 + number // 1000) for number in range(count))


def begun_and_ended(time_ms, source, number, port):
    return f"{time_ms},{source},10.0.0.4,{40_000 + number % 20_000},{port},6,I,E,NX,5,600,5,900"


@in_one_file
def hosts(log, count):
    """Each with one conversation."""
    log.many(begun_and_ended(START + number % 3_000_000, address(number), number, 443) for number in range(count))


@in_one_file
def open_connections(log, count):
    """Of 1,000 conversations."""
    log.many(begun(START + number % 60_000, address(number % 1000), 1024 + number // 1000) for number in range(count))


# Name -> (what it is, how to write it, how many).
SHAPES = {
    "vnets": ("VNets in one file", vnets, 100_000),
    "macs": ("MAC addresses in one file", macs, 1_000_000),
    "hours": ("hours of 200 NICs in one file", hours, 200_000),
    "reuse": ("uses of one 5-tuple, one a second, at two NICs", reuse, 300_000),
    "falling": ("tuples in falling order of time", falling, 800_000),
    "sources": ("sources of one tuple", sources, 5_000_000),
    "nics": ("NICs in 1,000 files", nics, 1_000_000),
    "rules": ("rules", rules, 1_000_000),
    "conversations": ("conversations of 1,000 hosts", conversations, 1_000_000),
    "hosts": ("hosts with one conversation", hosts, 1_000_000),
    "open": ("open connections of 1,000 conversations", open_connections, 1_000_000),
}
