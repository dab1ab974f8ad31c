"""Records what the real APScheduler says and tells its listeners, for ../apscheduler.test.ts:

    python3 -m venv /tmp/aps && /tmp/aps/bin/pip install apscheduler==3.11.3
    /tmp/aps/bin/python record.py > apscheduler.json
"""

import io
import json
import logging
import sys
import time
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from apscheduler import events
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

logging.disable(logging.CRITICAL)

# One event has two names.
NAMES = {
    code: name
    for name, code in vars(events).items()
    if name.startswith("EVENT_") and name != "EVENT_SCHEDULER_START"
}


class Recorder:
    def __init__(self, **options):
        self.scheduler = BackgroundScheduler(timezone="UTC", **options)
        self.lines = []
        self.scheduler.add_listener(self.hear)

    def hear(self, event):
        parts = [NAMES[event.code]]
        parts += [getattr(event, "job_id", None) or getattr(event, "alias", None)]
        self.lines.append(" ".join(filter(None, parts)))

    def call(self, label, function, *args, **kwargs):
        """Notes the text of what is raised, or that nothing was."""
        try:
            result = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001
            text = error.args[0] if error.args else str(error)
            self.lines.append(f"{label}: {str(text)}")
            return None
        self.lines.append(f"{label}: ok")
        return result

    def printed(self):
        out = io.StringIO()
        self.scheduler.print_jobs(out=out)
        self.lines += out.getvalue().splitlines()


def work():
    return None


def fail():
    raise ValueError("oh")


def life():
    r = Recorder()
    s = r.scheduler
    r.call("pause", s.pause)
    r.call("resume", s.resume)
    r.call("shutdown", s.shutdown)
    r.printed()
    r.call("add", s.add_job, work, CronTrigger(hour=3, timezone="UTC"), id="a", name="nightly")
    r.call("add", s.add_job, work, CronTrigger(hour=4, timezone="UTC"), id="b", name="later", next_run_time=None)
    r.printed()
    r.call("start", s.start, paused=True)
    r.lines.append(f"state {s.state}")
    r.call("start", s.start)
    r.call("resume", s.resume)
    r.call("resume", s.resume)
    r.lines.append(f"state {s.state}")
    r.call("pause", s.pause)
    r.call("pause", s.pause)
    r.lines.append(f"state {s.state}")
    r.call("shutdown", s.shutdown)
    r.lines.append(f"state {s.state}")
    r.call("shutdown", s.shutdown)
    return r.lines


def conflict_at_start():
    r = Recorder()
    s = r.scheduler
    r.call("add", s.add_job, work, CronTrigger(hour=3, timezone="UTC"), id="a")
    r.call("add", s.add_job, work, CronTrigger(hour=3, timezone="UTC"), id="a")
    r.call("start", s.start)
    r.lines.append(f"state {s.state}")
    return r.lines


def jobs():
    r = Recorder()
    s = r.scheduler
    s.start(paused=True)
    far = CronTrigger(year=2100, timezone="UTC")
    never = CronTrigger(month=2, day=30, timezone="UTC")
    r.call("add", s.add_job, work, far, id="a", name="far")
    r.call("add again", s.add_job, work, far, id="a")
    r.call("replace", s.add_job, work, far, id="a", name="far", replace_existing=True)
    r.call("add never", s.add_job, work, never, id="never", name="never")
    r.call("add paused", s.add_job, work, far, id="paused", name="paused", next_run_time=None)
    r.lines.append(f"jobs {','.join(job.id for job in s.get_jobs())}")
    r.call("unknown store", s.add_job, work, far, jobstore="x")
    r.call("unknown trigger", s.add_job, work, "moon")
    r.lines.append(f"get x {s.get_job('x')}")
    for name in ("pause_job", "resume_job", "remove_job", "reschedule_job", "modify_job"):
        r.call(name, getattr(s, name), "x")
    r.call("modify id", s.modify_job, "a", id="b")
    r.call("modify foo", s.modify_job, "a", foo=1)
    r.call("modify max_instances", s.modify_job, "a", max_instances=0)
    r.call("modify misfire_grace_time", s.modify_job, "a", misfire_grace_time=0)
    r.call("modify name", s.modify_job, "a", name="")
    r.call("modify", s.modify_job, "a", name="farther", max_instances=3, misfire_grace_time=None, coalesce=False)
    r.call("pause", s.pause_job, "a")
    r.printed()
    r.call("pause", s.pause_job, "a")
    r.call("resume", s.resume_job, "a")
    r.call("resume never", s.resume_job, "never")
    r.call("reschedule paused", s.reschedule_job, "paused", trigger="cron", year=2101)
    r.printed()
    r.call("remove", s.remove_job, "a")
    r.call("remove all", s.remove_all_jobs)
    r.printed()
    s.shutdown()
    return r.lines


def parts():
    r = Recorder()
    s = r.scheduler
    r.call("add store", s.add_jobstore, MemoryJobStore(), "other")
    r.call("add store", s.add_jobstore, MemoryJobStore(), "other")
    r.call("remove store", s.remove_jobstore, "x")
    r.call("remove executor", s.remove_executor, "x")
    s.start(paused=True)
    r.call("add", s.add_job, work, CronTrigger(year=2100, timezone="UTC"), id="a", name="far", jobstore="other")
    r.printed()
    r.call("remove store", s.remove_jobstore, "other")
    s.shutdown()
    return r.lines


def runs():
    """In the order of one job after another, as threads tell listeners in any order."""
    r = Recorder()
    s = r.scheduler
    s.start()
    now = datetime.now(timezone.utc)
    hour_ago = now - timedelta(hours=1)
    for job_id, function, trigger, options in (
        ("good", work, DateTrigger(now), {"misfire_grace_time": 60}),
        ("bad", fail, DateTrigger(now), {"misfire_grace_time": 60}),
        ("late", work, DateTrigger(hour_ago), {}),
        ("coalesced", work, IntervalTrigger(minutes=30, start_date=hour_ago, timezone="UTC"),
            {"next_run_time": hour_ago, "misfire_grace_time": None}),
        ("all", work, IntervalTrigger(minutes=30, start_date=hour_ago, timezone="UTC"),
            {"next_run_time": hour_ago, "misfire_grace_time": None, "coalesce": False}),
    ):
        s.add_job(function, trigger, id=job_id, **options)
        time.sleep(0.3)
    s.shutdown()
    ends = ("EVENT_JOB_EXECUTED", "EVENT_JOB_ERROR", "EVENT_JOB_MISSED")
    return [line for line in r.lines if line.startswith(ends)]


json.dump(
    {
        "apscheduler": version("apscheduler"),
        **{part.__name__: part() for part in (life, conflict_at_start, jobs, parts, runs)},
    },
    sys.stdout,
    indent=2,
)
print()
