import { describe, expect, it } from '@jest/globals';
import { ownCgroup } from '../../../daemon/host/cgroup.ts';

const mounts = (line: string) => `22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n${line}\n`;
const usual = mounts('31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate');

describe('the control group of the daemon', () => {
  it('is below where cgroup version 2 is mounted', () => {
    expect(ownCgroup('0::/system.slice/supervisord.service\n', usual)).toEqual({
      directory: '/sys/fs/cgroup/system.slice/supervisord.service',
    });
    expect(ownCgroup('0::/\n', usual)).toEqual({ directory: '/sys/fs/cgroup' });
  });

  it('is found beside version 1', () => {
    const hybrid = mounts('42 32 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw');
    expect(ownCgroup('4:memory:/a\n1:cpu:/b\n0::/c\n', hybrid)).toEqual({
      directory: '/sys/fs/cgroup/unified/c',
    });
  });

  it('is found where only a part of the hierarchy is mounted, in a directory with a blank', () => {
    const part = mounts('42 32 0:38 /docker/1 /a\\040b rw - cgroup2 cgroup2 rw');
    expect(ownCgroup('0::/docker/1/web\n', part)).toEqual({ directory: '/a b/web' });
    expect(ownCgroup('0::/docker/2\n', part)).toEqual({ reason: 'cgroup version 2 is not mounted' });
  });

  it('is not there without version 2', () => {
    expect(ownCgroup('1:cpu:/b\n', usual)).toEqual({ reason: 'there is no cgroup version 2' });
    expect(ownCgroup('0::/c\n', mounts(''))).toEqual({ reason: 'cgroup version 2 is not mounted' });
    expect(ownCgroup('0::/../c\n', usual)).toEqual({
      reason: 'the control group of the daemon is out of sight',
    });
  });
});
