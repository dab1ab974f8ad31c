import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findHostTimeZone } from '../../../schedule/wall-clock/host-time-zone.ts';

describe('the zone of the host', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    [':Europe/Berlin', 'Europe/Berlin'],
    ['posix/Asia/Tokyo', 'Asia/Tokyo'],
    ['EST5EDT', 'EST5EDT'],
    ['UTC', 'UTC'],
    // Set to nothing is UTC, as for the C library.
    ['', 'UTC'],
    [':', 'UTC'],
    // East of UTC the number is negative.
    ['MSK-3', '+03:00'],
    ['UTC+3', '-03:00'],
    ['EST5', '-05:00'],
    ['<+0545>-5:45', '+05:45'],
    // Rules of its own, and nonsense.
    ['CET-1CEST,M3.5.0,M10.5.0/3', undefined],
    ['Nowhere/Land', undefined],
    ['/nowhere/land', undefined],
    ['MSK-99', undefined],
  ])('with TZ=%j is %j', (tz, zone) => {
    expect(findHostTimeZone(tz)).toBe(zone);
  });

  it('is what the file is called that TZ leads to', () => {
    const directory = mkdtempSync(join(tmpdir(), 'host-time-zone-'));
    try {
      mkdirSync(join(directory, 'zoneinfo/Europe'), { recursive: true });
      writeFileSync(join(directory, 'zoneinfo/Europe/Berlin'), '');
      symlinkSync(join(directory, 'zoneinfo/Europe/Berlin'), join(directory, 'localtime'));
      expect(findHostTimeZone(`:${join(directory, 'localtime')}`)).toBe('Europe/Berlin');
      expect(findHostTimeZone(join(directory, 'zoneinfo/Europe/Berlin'))).toBe('Europe/Berlin');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is that of Intl without TZ', () => {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    expect(findHostTimeZone(undefined)).toBe(timeZone);
  });
});
