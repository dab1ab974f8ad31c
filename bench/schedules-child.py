"""What schedule.ts measures: APScheduler with many schedules, asked the same as schedules-child.ts."""

import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

count = int(sys.argv[1])
lateness = []


def fire(due, interval):
    now = time.time()
    # The function is not told which fire it is of: the last one that was due.
    lateness.append((now - due) % interval * 1000)


scheduler = BackgroundScheduler(
    timezone="UTC",
    executors={"default": ThreadPoolExecutor(10)},
    job_defaults={"misfire_grace_time": None},
)
scheduler.start()
print("empty", flush=True)

for line in sys.stdin:
    words = line.split()
    if words[0] == "fill":
        for job in range(count):
            scheduler.add_job(fire, "cron", args=[0, 1], hour=3, minute=job % 60, start_date="2100-01-01")
        print("full", flush=True)
    else:
        seconds, per_second = float(words[1]), float(words[2])
        # Each job that is added wakes it up, to look at all that is due.
        scheduler.pause()
        scheduler.remove_all_jobs()
        interval = count / per_second
        start = time.time() + 10
        for job in range(count):
            due = start + job / per_second
            start_date = datetime.fromtimestamp(due, timezone.utc)
            scheduler.add_job(fire, "interval", args=[due, interval], seconds=interval, start_date=start_date)
        scheduler.resume()
        time.sleep(start + seconds - time.time())
        print(json.dumps(lateness), flush=True)
        os._exit(0)
