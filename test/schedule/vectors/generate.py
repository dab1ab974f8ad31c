"""Records what APScheduler 3.11.3 says, and what an evaluation by brute force says, as vectors for the tests of triggers.

    python3 -m venv venv
    venv/bin/pip install apscheduler==3.11.3 tzdata
    PYTHONTZPATH= venv/bin/python test/schedule/vectors/generate.py

It writes beside itself `triggers.jsonl` and `rejected.jsonl`. The same seed gives the same vectors.

A vector has the trigger (`type`, `options`, with the names of APScheduler), the zone, `now`, and `fires`: the first fire times, the next one always asked for
with the last one as `previous` and `now`. All times are whole seconds since 1970 in UTC. With `ends`, none follows.
`text` is what APScheduler prints. Where APScheduler has other fire times, `apscheduler` has them. Cron near a change of the clocks has
`once`, too: the fire times if a time in a gap runs at its end, and one that comes twice the first time only.
"""
import calendar
import json
import random
import signal
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

HERE = Path(__file__).parent
UTC = timezone.utc
WANTED = 5
rng = random.Random(20240331)

# --- what a cron trigger means, without APScheduler -------------------------------------------------------------

RANGES = {"year": (1970, 9999), "month": (1, 12), "day": (1, 31), "week": (1, 53), "day_of_week": (0, 6),
          "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
ORDER = list(RANGES)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "mon tue wed thu fri sat sun".split()
POSITIONS = ["1st", "2nd", "3rd", "4th", "5th"]


def number(name, word):
    if name == "month" and word in MONTHS:
        return MONTHS.index(word) + 1
    if name == "day_of_week" and word in WEEKDAYS:
        return WEEKDAYS.index(word)
    return int(word)


def matches_one(name, expression, value, day):
    first, last = RANGES[name]
    if expression == "*":
        return True
    if expression == "last":
        return value == calendar.monthrange(day.year, day.month)[1]
    if " " in expression:
        position, weekday = expression.split()
        if WEEKDAYS[day.weekday()] != weekday:
            return False
        if position == "last":
            return (day + timedelta(7)).month != day.month
        return (day.day + 6) // 7 == POSITIONS.index(position) + 1
    span, _, step = expression.partition("/")
    if span == "*":
        low, high = first, last
    elif "-" in span:
        low, high = (number(name, word) for word in span.split("-"))
    else:
        low = number(name, span)
        high = last if step else low
    return low <= value <= high and (value - low) % int(step or 1) == 0


def matches_field(name, text, value, day):
    return any(matches_one(name, part.strip(), value, day) for part in str(text).split(","))


def complete(fields):
    finest = max(ORDER.index(name) for name in fields)
    full = {}
    for index, name in enumerate(ORDER):
        least = index > finest and name not in ("week", "day_of_week")
        full[name] = fields.get(name, RANGES[name][0] if least else "*")
    return full


def matches_day(full, day):
    values = {"year": day.year, "month": day.month, "day": day.day, "week": day.isocalendar()[1],
              "day_of_week": day.weekday()}
    return all(matches_field(name, full[name], value, day) for name, value in values.items())


class Walls:
    """Which wall times a cron trigger matches."""

    def __init__(self, fields):
        full = complete(fields)
        self.full = full
        self.days = {}
        self.hours, self.minutes, self.seconds = (
            {v for v in range(RANGES[n][1] + 1) if matches_field(n, full[n], v, None)} for n in ("hour", "minute", "second"))
        self.step = 60 if self.seconds == {0} else 1

    def has_day(self, day):
        if day not in self.days:
            self.days[day] = matches_day(self.full, day)
        return self.days[day]

    def has(self, wall):
        return (wall.second in self.seconds and wall.minute in self.minutes and wall.hour in self.hours
                and self.has_day(wall.date()))


def brute_utc(fields, now, years):
    """The first fire times in UTC, day by day."""
    walls = Walls(fields)
    fires = []
    start = datetime.fromtimestamp(now, UTC)
    day = start.date()
    end = min(date(day.year + years, 12, 31), date(9999, 12, 30))
    while day <= end and len(fires) < WANTED:
        if walls.has_day(day):
            for h in sorted(walls.hours):
                for m in sorted(walls.minutes):
                    for s in sorted(walls.seconds):
                        moment = datetime(day.year, day.month, day.day, h, m, s, tzinfo=UTC)
                        if moment >= start and len(fires) < WANTED:
                            fires.append(int(moment.timestamp()))
        day += timedelta(1)
    return fires


def step_of(walls, zone):
    """Seconds from one instant that is looked at to the next. Liberia's clocks were 44 minutes and 30 seconds behind."""
    return 1 if zone == "Africa/Monrovia" else walls.step


def brute_zone(fields, zone, now, until):
    """Both rules, instant by instant: (wallclock, once)."""
    walls = Walls(fields)
    step = step_of(walls, zone)
    tz = ZoneInfo(zone)
    wallclock, once = [], []
    highest = None  # the first wall time not reached yet
    instant = now - now % step - 2 * 86400
    while instant < until:
        wall = datetime.fromtimestamp(instant, tz).replace(tzinfo=None)
        if walls.has(wall) and instant >= now:
            wallclock.append(instant)
        if highest is None or wall >= highest:
            passed = wall if highest is None else highest
            due = False
            while passed <= wall:
                due = due or walls.has(passed)
                passed += timedelta(seconds=step)
            highest = passed
            if due and instant >= now:
                once.append(instant)
        instant += step
    return wallclock, once


# --- what APScheduler says --------------------------------------------------------------------------------------

class Slow(Exception):
    pass


def too_slow(*_):
    raise Slow


signal.signal(signal.SIGALRM, too_slow)


def ask(trigger, now, zone, wanted=WANTED):
    """The first fire times, and whether none follows."""
    tz = ZoneInfo(zone)
    fires, previous, moment = [], None, datetime.fromtimestamp(now, tz)
    signal.alarm(20)
    try:
        while len(fires) < wanted:
            fire = trigger.get_next_fire_time(previous, moment)
            if fire is None:
                return fires, True
            fires.append(fire.timestamp())
            previous = moment = fire
    finally:
        signal.alarm(0)
    return [int(f) if f == int(f) else f for f in fires], False


vectors = []


def add(kind, options, zone, now, fires, ends=False, **more):
    vector = {"type": kind, "options": options, "zone": zone, "now": now, "fires": fires}
    if ends:
        vector["ends"] = True
    vector.update({key: value for key, value in more.items() if value is not None})
    vectors.append(vector)


# --- random triggers --------------------------------------------------------------------------------------------

def expression(name, near=None):
    first, last = RANGES[name]
    if name == "year":
        first, last = 2023, 2030
    kinds = ["n", "n", "range", "step", "rangestep", "fromstep", "list"]
    if name in ("month", "day_of_week"):
        kinds += ["name", "namerange"]
    if name == "day":
        kinds += ["position", "last", "lastday", "mixed"]
    kind = rng.choice(kinds)
    a, b = sorted((rng.randint(first, last), rng.randint(first, last)))
    if near is not None:
        a = near
        b = min(last, near + rng.randint(0, 2))
    names = MONTHS if name == "month" else WEEKDAYS
    offset = 1 if name == "month" else 0
    if kind == "range":
        return f"{a}-{b}"
    if kind == "step":
        return f"*/{rng.randint(1, min(20, last - first))}"
    if kind == "rangestep" and b > a:
        return f"{a}-{b}/{rng.randint(1, b - a)}"
    if kind == "fromstep" and a < last:
        return f"{a}/{rng.randint(1, last - a)}"
    if kind == "list":
        return ",".join(str(rng.randint(first, last)) for _ in range(rng.randint(2, 4)))
    if kind == "name":
        return names[a - offset]
    if kind == "namerange":
        return f"{names[a - offset]}-{names[b - offset]}"
    if kind == "position":
        return f"{rng.choice(POSITIONS)} {rng.choice(WEEKDAYS)}"
    if kind == "last":
        return f"last {rng.choice(WEEKDAYS)}"
    if kind == "lastday":
        return "last"
    if kind == "mixed":
        return f"1st {rng.choice(WEEKDAYS)}, {rng.randint(10, 28)},last"
    return str(a)


def random_fields(chances):
    while True:
        fields = {name: expression(name) for name in ORDER if rng.random() < chances.get(name, 0)}
        if fields:
            return fields


def epoch(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def cron_in_utc(count):
    chances = {"year": 0.06, "month": 0.25, "day": 0.35, "week": 0.12, "day_of_week": 0.3, "hour": 0.6, "minute": 0.5,
               "second": 0.25}
    while count > 0:
        fields = random_fields(chances)
        now = epoch("2023-01-01T00:00:00") + rng.randint(0, 3 * 365 * 86400)
        try:
            trigger = CronTrigger(**fields, timezone="UTC")
            fires, ends = ask(trigger, now, "UTC")
        except Slow:
            continue
        assert fires == brute_utc(fields, now, 60)[: len(fires)], fields
        assert ends or len(fires) == WANTED
        add("cron", fields, "UTC", now, fires, ends, text=str(trigger))
        count -= 1


def cron_with_bounds(count):
    while count > 0:
        fields = random_fields({"day": 0.2, "hour": 0.7, "minute": 0.6, "second": 0.3})
        now = epoch("2024-02-27T10:00:00") + rng.randint(0, 86400)
        start = datetime.fromtimestamp(now + rng.randint(-86400, 5 * 86400), UTC)
        all_fires, _ = ask(CronTrigger(**fields, timezone="UTC"), max(now, int(start.timestamp())), "UTC")
        # On a fire time, so that both bounds are seen to be included.
        last = datetime.fromtimestamp(all_fires[2], UTC)
        options = {**fields, "start_date": start.strftime("%Y-%m-%d %H:%M:%S"), "end_date": last.strftime("%Y-%m-%dT%H:%M:%SZ")}
        trigger = CronTrigger(**options, timezone="UTC")
        fires, ends = ask(trigger, now, "UTC")
        assert fires == all_fires[:3] and ends
        add("cron", options, "UTC", now, fires, ends, text=str(trigger))
        count -= 1


def crontab(count):
    while count > 0:
        parts = [expression(name) if rng.random() < 0.5 else "*" for name in ("minute", "hour", "day", "month", "day_of_week")]
        if any(" " in part for part in parts):
            continue
        text = " ".join(parts)
        now = epoch("2024-01-01T00:00:00") + rng.randint(0, 2 * 365 * 86400)
        try:
            trigger = CronTrigger.from_crontab(text, timezone="UTC")
            fires, ends = ask(trigger, now, "UTC")
        except Slow:
            continue
        add("crontab", {"expr": text}, "UTC", now, fires, ends, text=str(trigger))
        count -= 1


# --- near changes of the clocks ---------------------------------------------------------------------------------

ZONES = {
    "Europe/Paris": (2023, 2025), "Europe/Dublin": (2023, 2025), "America/Chicago": (2023, 2025), "America/New_York": (2006, 2007),
    "America/St_Johns": (2005, 2011), "America/Havana": (2022, 2024), "America/Sao_Paulo": (2015, 2019),
    "America/Santiago": (2023, 2025), "America/Caracas": (2007, 2017), "America/Asuncion": (2022, 2024),
    "America/Anchorage": (1983, 1984), "Atlantic/Azores": (2022, 2024), "Africa/Cairo": (2023, 2025),
    "Africa/Casablanca": (2022, 2025), "Africa/Monrovia": (1971, 1973), "Antarctica/Troll": (2022, 2025), "Asia/Beirut": (2022, 2025),
    "Asia/Tehran": (2020, 2022), "Asia/Gaza": (2020, 2022), "Asia/Amman": (2020, 2022), "Asia/Pyongyang": (2015, 2018),
    "Australia/Lord_Howe": (2022, 2025), "Australia/Sydney": (2023, 2024), "Europe/Moscow": (2010, 2015),
    "Pacific/Apia": (2010, 2013), "Pacific/Kwajalein": (1993, 1993), "Pacific/Kiritimati": (1994, 1995), "Pacific/Chatham": (2022, 2024),
    "Pacific/Easter": (2022, 2024),
}


def changes(zone, years):
    tz = ZoneInfo(zone)
    found = []
    step = 6 * 3600
    instant, end = epoch(f"{years[0]}-01-01T00:00:00"), epoch(f"{years[1]}-12-31T00:00:00")

    def offset(at):
        return datetime.fromtimestamp(at, tz).utcoffset()

    while instant < end:
        if offset(instant) != offset(instant + step):
            low, high = instant, instant + step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
        instant += step
    return found


def near_change(zone, change):
    """Fields that match around a change."""
    tz = ZoneInfo(zone)
    wall = datetime.fromtimestamp(change + rng.choice((-5400, -1800, -60, 0, 60, 1800, 3600)), tz)
    kind = rng.randrange(8)
    if kind == 0:
        return {"hour": wall.hour, "minute": wall.minute}
    if kind == 1:
        return {"hour": wall.hour, "minute": "*/" + str(rng.choice((5, 10, 15, 30)))}
    if kind == 2:
        return {"hour": 0}
    if kind == 3:
        return {"day_of_week": rng.choice(("mon-fri", "sun", "sat,sun", WEEKDAYS[wall.weekday()]))}
    if kind == 4:
        return {"hour": f"{max(0, wall.hour - 1)}-{min(23, wall.hour + 1)}", "minute": expression("minute")}
    if kind == 5:
        return {"day": wall.day, "hour": wall.hour, "minute": "*/10", "second": "*/20"}
    if kind == 6:
        return {"minute": rng.choice(("*/20", "0", "59", "30", "*/45"))}
    return random_fields({"day": 0.2, "day_of_week": 0.3, "hour": 0.7, "minute": 0.7})


def cron_near_changes(count):
    everywhere = [(zone, change) for zone, years in ZONES.items() for change in changes(zone, years)]
    rng.shuffle(everywhere)
    print(len(everywhere), "changes of clocks")
    index = 0
    while count > 0:
        zone, change = everywhere[index % len(everywhere)]
        index += 1
        fields = near_change(zone, change)
        walls = Walls(fields)
        before, after = (3600 * 3, 86400) if step_of(walls, zone) == 1 else (36 * 3600, 4 * 86400)
        now = change - rng.randint(0, before)
        wallclock, once = brute_zone(fields, zone, now, change + after)
        if len(wallclock) < 2:
            continue
        fires = wallclock[:WANTED]
        trigger = CronTrigger(**fields, timezone=zone)
        theirs, _ = ask(trigger, now, zone, len(fires))
        differs = theirs if theirs != fires else None
        add("cron", fields, zone, now, fires, text=str(trigger), apscheduler=differs, once=once[:WANTED])
        count -= 1


# --- the other triggers -----------------------------------------------------------------------------------------

def intervals(count):
    while count > 0:
        units = rng.sample(("weeks", "days", "hours", "minutes", "seconds"), rng.randint(1, 3))
        options = {unit: rng.choice((1, 2, 3, 5, 7, 0.5, 1.25)) for unit in units}
        zone = rng.choice(list(ZONES))
        now = epoch("2024-03-20T00:00:00") + rng.randint(0, 20 * 86400)
        start = now + rng.randint(-40 * 86400, 5 * 86400)
        options["start_date"] = datetime.fromtimestamp(start, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
        if rng.random() < 0.4:
            unbounded, _ = ask(IntervalTrigger(**options, timezone=zone), now, zone)
            end = datetime.fromtimestamp(unbounded[rng.randint(0, 3)], ZoneInfo(zone))
            options["end_date"] = end.isoformat(sep=" ")
        trigger = IntervalTrigger(**options, timezone=zone)
        fires, ends = ask(trigger, now, zone)
        add("interval", options, zone, now, fires, ends, text=str(trigger))
        count -= 1


def dates(count):
    everywhere = [(zone, change) for zone, years in ZONES.items() for change in changes(zone, years)]
    while count > 0:
        zone, change = rng.choice(everywhere)
        # A wall time, which the zone may lack or have twice.
        wall = datetime.fromtimestamp(change, UTC) + ZoneInfo(zone).utcoffset(datetime.fromtimestamp(change, UTC).replace(tzinfo=None))
        wall += timedelta(minutes=rng.randint(-130, 130))
        text = wall.strftime(rng.choice(("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y-%m-%d %H:%M:%SZ", "%Y-%m-%d %H:%M:%S+05:30")))
        now = change + rng.choice((-86400, 86400))
        fires, ends = ask(DateTrigger(run_date=text, timezone=zone), now, zone)
        add("date", {"run_date": text}, zone, now, fires, ends)
        count -= 1


def calendar_intervals(count):
    everywhere = [(zone, change) for zone, years in ZONES.items() for change in changes(zone, years)]
    while count > 0:
        zone, change = rng.choice(everywhere)
        if zone in ("Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati"):
            continue  # Where a day is missing, APScheduler counts on from the next one.
        moment = datetime.fromtimestamp(change + rng.choice((-3600, -1800, 0, 1800)), ZoneInfo(zone))
        options = {unit: rng.randint(1, 3) for unit in rng.sample(("years", "months", "weeks", "days"), rng.choice((1, 1, 1, 2)))}
        options |= {"hour": moment.hour, "minute": moment.minute}
        start = (moment - timedelta(days=rng.randint(0, 3))).date()
        if rng.random() < 0.4:
            start = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        options["start_date"] = start.isoformat()
        now = int(datetime(start.year, start.month, start.day, tzinfo=ZoneInfo(zone)).timestamp()) - 3600
        trigger = CalendarIntervalTrigger(**options, timezone=zone)
        fires, ends = ask(trigger, now, zone, 40)
        late = rng.random() < 0.3
        if late:
            # What its manual says of a start that is past: the first one that is not. What it does is to begin with the start.
            theirs = fires[:WANTED]
            now = fires[7] - rng.randint(0, 3600)
            fires = fires[7:]
        add("calendarinterval", options, zone, now, fires[:WANTED], text=str(trigger), apscheduler=theirs if late else None)
        count -= 1


def ors(count):
    while count > 0:
        zone = rng.choice(("UTC", "Asia/Shanghai", "Asia/Kolkata"))
        members = [random_fields({"day_of_week": 0.3, "hour": 0.8, "minute": 0.7}) for _ in range(rng.randint(2, 3))]
        now = epoch("2024-03-20T00:00:00") + rng.randint(0, 20 * 86400)
        trigger = OrTrigger([CronTrigger(**fields, timezone=zone) for fields in members])
        fires, ends = ask(trigger, now, zone)
        add("or", {"triggers": members}, zone, now, fires, ends, text=str(trigger))
        count -= 1


# --- what is rejected -------------------------------------------------------------------------------------------

REJECTED = [
    {"hour": "24"}, {"hour": "-1"}, {"hour": ""}, {"hour": "1,,2"}, {"hour": "1-"}, {"hour": "1.5"}, {"hour": "*/0"}, {"hour": "*/24"},
    {"hour": "5-3"}, {"hour": "22-4"}, {"hour": "mon"}, {"hour": "last"}, {"hour": "1-2-3"}, {"hour": "*-3"}, {"hour": "20/4"},
    {"hour": "5-5/1"}, {"hour": "1-3/0"}, {"hour": "8-10/3"}, {"hour": "?"}, {"hour": "a"}, {"hour": "1 2"}, {"hour": "0x1"},
    {"minute": "60"}, {"minute": "*/60"}, {"minute": "0-60"}, {"minute": "60/2"}, {"minute": "59/1"}, {"second": "60"}, {"second": "1/60"},
    {"day": "0"}, {"day": "32"}, {"day": "0-5"}, {"day": "*/31"}, {"day": "6th mon"}, {"day": "1st foo"}, {"day": "last foo"}, {"day": "1st 3"},
    {"day": "L"}, {"day": "15W"}, {"day": "mon"}, {"day": "first mon"}, {"day": "1stmon"},
    {"month": "0"}, {"month": "13"}, {"month": "foo"}, {"month": "jan-foo"}, {"month": "dec-jan"}, {"month": "*/12"}, {"month": "january"},
    {"week": "0"}, {"week": "54"}, {"week": "*/53"}, {"day_of_week": "7"}, {"day_of_week": "foo"}, {"day_of_week": "mon-foo"},
    {"day_of_week": "fri-mon"}, {"day_of_week": "*/7"}, {"day_of_week": "1#3"}, {"day_of_week": "5L"}, {"day_of_week": "monday"},
    {"year": "1969"}, {"year": "10000"}, {"year": "2025-2024"}, {"year": "*/9000"},
    {"hour": "1", "start_date": "10:30"}, {"hour": "1", "start_date": "2024-01-01 10:30"}, {"hour": "1", "start_date": "2024-02-30"},
    {"hour": "1", "start_date": "2024-13-01"}, {"hour": "1", "end_date": "2024-01-01 24:00:00"}, {"hour": "1", "end_date": "2024-01-01 10:60:00"},
    {"hour": "1", "end_date": "tomorrow"}, {"hour": "1", "end_date": ""}, {"hour": "1", "start_date": "2024-01-01T10:00:00+0200"},
    {"expr": "* * * *"}, {"expr": "* * * * * *"}, {"expr": ""}, {"expr": "@daily"}, {"expr": "60 * * * *"}, {"expr": "* * * * 7"},
    {"expr": "* * 0 * *"}, {"expr": "* * ? * *"},
]


def rejected():
    found = []
    for options in REJECTED:
        try:
            if "expr" in options:
                CronTrigger.from_crontab(options["expr"], timezone="UTC")
            else:
                CronTrigger(**options, timezone="UTC")
        except ValueError as error:
            found.append({"options": options, "message": str(error)})
        else:
            print("APScheduler takes", options)
    return found


def write(name, rows):
    lines = (json.dumps(row, separators=(",", ":")) for row in rows)
    (HERE / name).write_text("".join(f"{line}\n" for line in lines))
    print(name, len(rows))


cron_in_utc(150)
cron_with_bounds(25)
crontab(50)
cron_near_changes(260)
intervals(60)
dates(40)
calendar_intervals(60)
ors(25)
write("triggers.jsonl", vectors)
write("rejected.jsonl", rejected())
print("APScheduler differs in", sum("apscheduler" in vector for vector in vectors))
